"""What keys do: a person's own, the palette, the help."""
