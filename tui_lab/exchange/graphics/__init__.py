"""Charts as pictures: laid out once, written as SVG or as PNG."""
