"""Every run ever made, as a list."""
