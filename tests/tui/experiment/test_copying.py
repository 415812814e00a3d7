"""What is copied of a run that was steered says that it is not the whole of it."""

from __future__ import annotations

from tests.tui.opened import CHANGED, attached

LINE = "tui-lab run toy implementation=concise lr=0.01 --seed 0 --device auto"


async def test_y_on_a_run_that_was_steered_says_so_and_copies_the_command_alone() -> None:
    lab = attached(CHANGED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("y")
        await lab.settle(pilot)
        assert lab.app.clipboard == LINE
        (said,) = lab.told
        assert said.startswith(LINE)
        assert "The run was steered (λ 3 → 10 at step 9)" in said
