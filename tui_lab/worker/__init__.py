"""A run's own process, and the handle other processes hold on it."""
