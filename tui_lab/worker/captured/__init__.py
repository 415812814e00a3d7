"""Steps of a program as a card has recorded them: all of one, or of many, is launched at once.

A step that is too small to keep a card busy waits for Python to launch its kernels one by one. A
CUDA graph of them is launched as one. What is recorded is the program's own step, run through all
its yields; where that can't be done the steps are taken one by one, as ever, and a remark says why.
"""
