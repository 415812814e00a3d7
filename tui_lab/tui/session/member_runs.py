"""The runs of a population, as a session finds them."""

from __future__ import annotations

from collections.abc import Sequence

from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.populations import companions


class MemberRuns:
    """Knows which runs of the `catalogue` trained together."""

    catalogue: Catalogue

    def members(self, run_id: str) -> Sequence[str]:
        """Those that trained with it, itself among them; raises `RunError`."""
        return companions(self.catalogue.find(run_id))
