"""Runs, workers and experiments, as screens may ask for them."""
