"""Two files of one name, and an installed experiment of that name, are three things in the list of
runs: each row reads by what its own file declared, and they are not compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tui.fakes import TOY, FakeSession, summary
from tests.tui.listed import Opened, at_runs, column
from tui_lab.runs.catalogue import RunSummary


def of_file(number: int, file: str, default: float) -> RunSummary:
    """A run with λ = 0.5 of a file that declares a toy with another default."""
    hyperparameters = tuple(
        replace(h, default=default) if h.name == "weight_decay" else h for h in TOY.hyperparameters
    )
    declared = replace(TOY, hyperparameters=hyperparameters) if file else None
    return summary(number, plugin=file, declared=declared, hyperparameters={"weight_decay": 0.5})


@pytest.mark.parametrize("other", ["/b.py", ""])
async def test_runs_of_two_files_do_not_compare(session: FakeSession, other: str) -> None:
    session.put(of_file(1, "/a.py", 0.5))
    session.put(of_file(2, other, 0.5))
    app = Opened(session)
    async with app.run_test(size=(140, 40)) as pilot:
        await at_runs(pilot, "space", "space", "o")
        assert app.opened == []
        names = sorted(["/a.py", other or "toy"])
        assert app.told == [f"These runs are of {' and '.join(names)}; select runs of one of them."]


async def test_a_row_reads_by_what_its_own_file_declared(session: FakeSession) -> None:
    session.put(of_file(1, "/a.py", 0.5))
    session.put(of_file(2, "/b.py", 0.25))
    app = Opened(session)
    async with app.run_test(size=(140, 40)) as pilot:
        await at_runs(pilot)
        assert column(app, "values") == ["λ 0.5", ""]
