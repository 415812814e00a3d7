"""`python -m tui_lab`."""

from __future__ import annotations

import sys

from tui_lab.cli import main

if __name__ == "__main__":
    sys.exit(main())
