"""tui-lab: deep learning you can hold in your hands, in a terminal."""

__version__ = "0.1.0"
