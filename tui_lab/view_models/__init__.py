"""Folds over events into what a screen shows; no files, no widgets."""
