"""A person's own script, run as it is, and watched: torch's hooks take the place of yields."""
