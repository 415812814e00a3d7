"""What a script logs with wandb's words and is no number: pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tui_lab.tracking import Histogram, Image, Table

Shown = tuple[Any, Any]
"""What `drawn` takes: data and captions."""


def parted(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Shown]]:
    """What is logged as it is, and what is shown."""
    shown = {key: found for key, value in data.items() if (found := _shown(value)) is not None}
    return {key: value for key, value in data.items() if key not in shown}, shown


def _shown(value: Any) -> Shown | None:
    match value:
        case Image():
            return _pixels(value), value.caption
        case Histogram():
            return _flat(value.sequence), ""
        case Table():
            return {"columns": value.columns, "rows": value.data}, ""
        case [Image(), *_] if all(isinstance(each, Image) for each in value):
            return [_pixels(each) for each in value], [each.caption for each in value]
    return None


def _pixels(image: Image) -> Any:
    """A path is no image."""
    return None if isinstance(image.data, str) else image.data


def _flat(numbers: Any) -> Any:
    return numbers.flatten() if hasattr(numbers, "flatten") else np.asarray(numbers).ravel()
