"""Figures, matrices and images as rows of text, for the screen and the command line."""
