"""Runs on disk: one directory each, one log, one writer and any number of readers."""
