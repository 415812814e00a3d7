"""Studies: a coordinator that proposes values, starts runs of them and learns from how they end."""
