"""The language in which runs are searched: its grammar, what it finds, what may be typed next."""
