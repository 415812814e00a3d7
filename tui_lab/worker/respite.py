"""How long looking at a run waits after it has looked: the run is trained, not watched."""

from __future__ import annotations

_TIMES, _FEWEST_TIMES = 50, 10
_LONGEST = 1.0


def respite(spent: float) -> float:
    """Seconds to wait after looking took `spent`: a fiftieth of the time at the most goes there.

    No more than a second as long as that keeps it below a tenth: a pane that stands still for
    longer looks broken.
    """
    return max(min(_TIMES * spent, _LONGEST), _FEWEST_TIMES * spent)
