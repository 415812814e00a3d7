"""tui-lab: deep learning you can hold in your hands, in a terminal.

For scripts that `tui-lab watch` runs there are a few words more than the lab finds out by itself:
`tui_lab.log`, `knob`, `picture`, `watch`, `phase` and `epoch`, as `tui_lab.told` describes them,
and wandb's names for what a script has already, as `tui_lab.tracking` does.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # typing takes longer than all the rest
if TYPE_CHECKING:
    from typing import Any

    from tui_lab.told import epoch as epoch
    from tui_lab.told import knob as knob
    from tui_lab.told import log as log
    from tui_lab.told import phase as phase
    from tui_lab.told import picture as picture
    from tui_lab.told import watch as watch
    from tui_lab.tracking import Histogram as Histogram
    from tui_lab.tracking import Image as Image
    from tui_lab.tracking import Table as Table
    from tui_lab.tracking import config as config
    from tui_lab.tracking import define_metric as define_metric
    from tui_lab.tracking import finish as finish
    from tui_lab.tracking import init as init
    from tui_lab.tracking import login as login
    from tui_lab.tracking import run as run
    from tui_lab.tracking import summary as summary

__version__ = "0.1.0"

_WORDS = {
    "tui_lab.told": ("epoch", "knob", "log", "phase", "picture", "watch"),
    "tui_lab.tracking": (
        *("Histogram", "Image", "Table", "config", "define_metric", "finish", "init", "login"),
        *("run", "summary"),
    ),
}
_HOMES = {word: home for home, words in _WORDS.items() for word in words}


def __getattr__(name: str) -> Any:
    """The words for scripts are imported by the first that uses one."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tui_lab' has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    if name != "run":  # it is another from `init` on
        globals()[name] = found
    return found
