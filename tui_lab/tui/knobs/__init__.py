"""Hyperparameters as knobs."""
