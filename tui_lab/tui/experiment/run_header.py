"""The first line of a run's screen: experiment, run, its state, its device."""

from __future__ import annotations

from textual.content import Content

from tui_lab.run import RunStatus
from tui_lab.tui.widgets.line import GAP, Line, fit, length
from tui_lab.tui.widgets.status_sign import status_content
from tui_lab.view_models.plain_text import plain


class RunHeader(Line):
    """`tui-lab ▸ Weight decay        weight-decay-…   ● running   cuda:0 41 % 3.1 G`"""

    DEFAULT_CSS = """
    RunHeader { background: $panel; }
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._device = ""

    def show_run(
        self,
        title: str,
        run_id: str,
        status: RunStatus | None,
        *,
        waiting: str = "",
        device: str = "",
        fate: str = "",
    ) -> None:
        """Show a run, or that there is none yet; `waiting` says what a start still takes, `fate`
        what became of it: `diverged at step 19`."""
        self._device = device
        left = (Content.assemble(("tui-lab", "$text-muted"), " ▸ ", (title, "bold")),)
        if status is None:
            self._device = ""
            self.show(left, (Content.styled("no run yet", "$text-muted"),))
            return
        state = status_content(status)
        if waiting:
            state = Content.assemble(state, (f" {waiting}", "$text-muted"))
        if fate:
            state = Content.assemble(state, (f" · {fate}", "bold $error"))
        right = (
            Content.styled(run_id, "$text-muted"),
            Content.styled(plain(device), "$text-muted"),
            state,
        )
        self.show(left, right)

    def render(self) -> Content:
        """Where there is no room for all, the details of the device go before the run's name."""
        if length(self._left) + length(self._right) + GAP > self.size.width:
            short = brief(self._device)
            right = (self._right[0], Content.styled(short, "$text-muted"), *self._right[2:])
            return fit(self._left, right if self._device else self._right, self.size.width)
        return super().render()


def brief(device: str) -> str:
    """`cpu 2 threads` as `cpu`, `cuda:0 41 % · run 0.8 G · …` as `cuda:0 41 %`."""
    first, more, _ = device.partition(" · ")
    return plain(first if more else device.partition(" ")[0])
