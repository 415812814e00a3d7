"""What must be fast, measured: ratios from one run, so that they hold on a busy machine."""
