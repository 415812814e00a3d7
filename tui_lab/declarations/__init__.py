"""Pieces of declarations that several experiments have word for word; standard library only.

An experiment may use any of them and need use none. What two experiments merely have alike stays
with each of them.
"""
