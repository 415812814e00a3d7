"""One package per experiment: a declaration without torch, a program, a lesson."""
