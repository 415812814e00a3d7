"""A person's own file looked over before it is run: what `tui-lab check` says."""
