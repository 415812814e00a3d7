"""What is said of a log that is damaged, wherever numbers of its run are shown."""

from __future__ import annotations

from collections.abc import Mapping


def damaged_lines(damage: Mapping[str, int]) -> str:
    """`3 lines of the log are damaged (1 altered, 2 missing); what they held is missing here.`

    Empty when nothing was passed over. `damage` counts lines by what was wrong with them.
    """
    count = sum(damage.values())
    if not count:
        return ""
    how = ", ".join(f"{number:,} {what}" for what, number in sorted(damage.items()) if number)
    if count == 1:
        return f"1 line of the log is damaged ({how[2:]}); what it held is missing here."
    return f"{count:,} lines of the log are damaged ({how}); what they held is missing here."
