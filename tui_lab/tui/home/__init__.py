"""Where the lab begins."""
