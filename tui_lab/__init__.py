"""tui-lab: deep learning you can hold in your hands, in a terminal.

For scripts that `tui-lab watch` runs there are a few words more than the lab finds out by itself:
`tui_lab.log`, `knob`, `picture`, `watch`, `phase` and `epoch`, as `tui_lab.told` describes them,
and wandb's names for what a script has already, as `tui_lab.tracking` does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui_lab.told import epoch as epoch
    from tui_lab.told import knob as knob
    from tui_lab.told import log as log
    from tui_lab.told import phase as phase
    from tui_lab.told import picture as picture
    from tui_lab.told import watch as watch

__version__ = "0.1.0"

_TOLD = ("epoch", "knob", "log", "phase", "picture", "watch")


def __getattr__(name: str) -> Any:
    """The words for scripts are imported by the first that uses one."""
    if name not in _TOLD:
        raise AttributeError(f"module 'tui_lab' has no attribute {name!r}")
    found = getattr(importlib.import_module("tui_lab.told"), name)
    globals()[name] = found
    return found
