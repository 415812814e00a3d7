"""What the fields of events must be: a name means the same in every event."""

from __future__ import annotations

from collections.abc import Mapping

from tui_lab import checks

PARAMETER: Mapping[str, checks.Check] = {
    "name": checks.name,
    "shape": checks.optional(checks.steps),
    "requires_grad": checks.flag,
    "grad": checks.name,
    "times": checks.whole,
    "norm": checks.optional(checks.measured),
    "grad_norm": checks.optional(checks.measured),
    "update": checks.optional(checks.measured),
    "finite": checks.flag,
}
"""Of one parameter, at the start and in a snapshot."""
FIELDS: Mapping[str, checks.Check] = {
    **dict.fromkeys(("t",), checks.seconds),
    **dict.fromkeys(
        ("step", "epoch", "first", "line", "source_line", "total_steps", "steps_per_epoch"),
        checks.whole,
    ),
    **dict.fromkeys(("steps", "epochs"), checks.steps),
    **dict.fromkeys(("pid", "threads"), checks.pid),
    **dict.fromkeys(("device", "device_name", "host", "started", "source_file"), checks.name),
    **dict.fromkeys(("name", "phase", "picture", "layer"), checks.name),
    **dict.fromkeys(("reason", "error", "traceback", "message"), checks.text),
    **dict.fromkeys(("grad_enabled", "graph"), checks.flag),
    **dict.fromkeys(("old", "new"), checks.setting),
    "kind": checks.name,
    "source": checks.listed(checks.text),
    "parameters": checks.listed(checks.record(PARAMETER, "name")),
    "columns": checks.columns,
    "data": checks.layer,
    "metrics": checks.mapped(checks.measured),
    "values": checks.mapped(checks.listed(checks.measured)),
    "batch": checks.text,
}
"""By the names of fields; `kind` is narrower in measurements."""
