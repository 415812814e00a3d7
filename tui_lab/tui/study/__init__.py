"""A study: the form that it is made in, and what comes of its trials."""
