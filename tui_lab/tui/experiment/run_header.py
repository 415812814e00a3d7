"""The first line of a run's screen: experiment, run, its state, its device."""

from __future__ import annotations

from textual.content import Content

from tui_lab.run import RunStatus
from tui_lab.tui.experiment.line import Line
from tui_lab.tui.widgets.status_sign import status_content


class RunHeader(Line):
    """`tui-lab ▸ Weight decay        weight-decay-…   ● running   cuda:0 41 % 3.1 G`"""

    DEFAULT_CSS = """
    RunHeader { background: $panel; }
    """

    def show_run(
        self,
        title: str,
        run_id: str,
        status: RunStatus | None,
        *,
        waiting: str = "",
        device: str = "",
    ) -> None:
        """Show a run, or that there is none yet; `waiting` says what a start still takes."""
        left = (Content.assemble(("tui-lab", "$text-muted"), " ▸ ", (title, "bold")),)
        if status is None:
            self.show(left, (Content.styled("no run yet", "$text-muted"),))
            return
        state = status_content(status)
        if waiting:
            state = Content.assemble(state, (f" {waiting}", "$text-muted"))
        right = (
            Content.styled(run_id, "$text-muted"),
            Content.styled(device, "$text-muted"),
            state,
        )
        self.show(left, right)
