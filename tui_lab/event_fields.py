"""What the fields of events must be: a name means the same in every event."""

from __future__ import annotations

from collections.abc import Mapping

from tui_lab import checks
from tui_lab.inspection import NODE, TENSOR, TENSORS

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
    "nonfinite": checks.whole,
}
"""Of one parameter, at the start and in a snapshot."""
ACTIVATION: Mapping[str, checks.Check] = {
    "name": checks.name,
    "kind": checks.one_of("dead", "saturated"),
    "share": checks.measured,
}
"""Of one place with units, in a snapshot."""
FIELDS: Mapping[str, checks.Check] = {
    **dict.fromkeys(("t",), checks.seconds),
    **dict.fromkeys(
        ("step", "epoch", "first", "line", "source_line", "total_steps", "steps_per_epoch"),
        checks.whole,
    ),
    "bytes": checks.whole,
    "from_step": checks.optional(checks.whole),
    "epoch_offset": lambda value: checks.whole(value, -checks.LARGEST),
    **dict.fromkeys(("steps", "epochs"), checks.steps),
    **dict.fromkeys(("pid", "threads"), checks.pid),
    **dict.fromkeys(("device", "device_name", "host", "started", "source_file"), checks.name),
    **dict.fromkeys(("name", "phase", "picture", "layer", "parent", "parameter"), checks.name),
    **dict.fromkeys(("by", "digest", "how"), checks.name),
    **dict.fromkeys(("reason", "error", "traceback", "message", "advice"), checks.text),
    **dict.fromkeys(("grad_enabled", "graph", "held", "weights_only"), checks.flag),
    **dict.fromkeys(("old", "new"), checks.setting),
    "kind": checks.name,
    "source": checks.listed(checks.text),
    "parameters": checks.listed(checks.record(PARAMETER, "name")),
    "activations": checks.listed(checks.record(ACTIVATION, "name", "kind", "share")),
    "columns": checks.columns,
    "data": checks.layer,
    "metrics": checks.mapped(checks.measured),
    "request": checks.mapped(checks.plain, checks.MOST_SETTINGS),
    "declaration": checks.mapped(checks.plain),
    "share": checks.share,
    "mode": checks.one_of("hold", "say", "off"),
    "then": checks.one_of("again", "skip"),
    "values": checks.mapped(checks.listed(checks.measured)),
    "batch": checks.text,
    "shape": checks.steps,
    "dtype": checks.name,
    "tensors": checks.record(dict.fromkeys(TENSORS, checks.record(TENSOR))),
    "nodes": checks.listed(checks.record(NODE, "name", "parent")),
}
"""By the names of fields; `kind` is narrower in measurements."""
