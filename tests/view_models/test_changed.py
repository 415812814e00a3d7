"""Protects the marks on what changed since the last phase: while a step is held, and only then."""

from __future__ import annotations

from typing import Any

from tests.view_models.folded import view_of
from tui_lab.events import GradientsLogged, PhaseEntered, RunEvent, RunPaused
from tui_lab.view_models.contents import contents


def snapshot(
    step: int, phase: str, row: dict[str, Any], /, **values: list[float]
) -> GradientsLogged:
    whole = {"name": "w", "grad": "zeroed", "times": 0, "norm": 1.0, "grad_norm": None,
           "update": None, "finite": True, "requires_grad": True, **row}  # fmt: skip
    return GradientsLogged(
        t=0.0, step=step, phase=phase, grad_enabled=True, graph=False, parameters=[whole],
        values=values,
    )  # fmt: skip


FORWARD = snapshot(12, "forward", {}, loss=[8.0], w=[1.0, 2.0])
BACKWARD = snapshot(
    12, "backward", {"grad": "set", "times": 1, "grad_norm": 0.5}, loss=[8.0], w=[1.0, 2.5]
)
HELD = PhaseEntered(t=0.0, step=12, phase="forward", line=1)


def changed(*events: RunEvent) -> set[str]:
    return set(view_of(*events).gradients["w"].changed)


def test_what_is_other_than_at_the_last_phase_is_marked() -> None:
    assert changed(HELD, FORWARD, BACKWARD) == {"grad", "grad_norm"}
    moved = snapshot(12, "update", {"grad": "set", "times": 1, "norm": 2.0, "grad_norm": 0.5})
    assert changed(HELD, FORWARD, BACKWARD, moved) == {"norm"}


def test_the_same_phase_told_again_is_compared_with_the_one_before() -> None:
    assert changed(HELD, FORWARD, BACKWARD, BACKWARD) == {"grad", "grad_norm"}


def test_once_more_summed_up_is_another_state() -> None:
    twice = snapshot(12, "update", {"grad": "accumulated", "times": 2, "grad_norm": 0.5})
    thrice = snapshot(12, "zero_grad", {"grad": "accumulated", "times": 3, "grad_norm": 0.5})
    assert changed(HELD, twice, thrice) == {"grad"}


def test_nan_that_stays_is_no_change() -> None:
    one, other = (snapshot(12, p, {"norm": float("nan")}) for p in ("forward", "backward"))
    assert changed(HELD, one, other) == set()


def test_between_two_steps_it_is_what_the_step_changed() -> None:
    after = snapshot(13, "zero_grad", {"norm": 2.0})
    assert changed(FORWARD, after, RunPaused(t=0.0, step=13)) == {"norm"}


def test_running_free_or_after_many_steps_nothing_is_marked() -> None:
    assert changed(FORWARD, BACKWARD) == set()
    assert changed(HELD, FORWARD, snapshot(20, "forward", {"norm": 2.0})) == set()


def test_numbers_that_changed_are_marked_one_by_one() -> None:
    assert contents(BACKWARD, FORWARD) == ["loss 8", "w = 1, •2.5"]
    assert contents(BACKWARD) == ["loss 8", "w = 1, 2.5"]
    assert contents(BACKWARD, snapshot(12, "forward", {}, w=[1.0])) == ["loss 8", "w = 1, 2.5"]
