"""The experiments by chapter, as many of them as a filter leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui_lab.chapters import by_chapter
from tui_lab.experiment import Experiment
from tui_lab.view_models.plain_text import plain

_TITLE, _NAME = 24, 20
"""Least columns of an experiment's title and name."""


class ExperimentList(OptionList):
    """A list whose cursor also moves with j and k."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select",
            "open",
            key_display="↵",
            tooltip="Open what is under the cursor",
            id="home.open",
        ),
        Binding("down,j", "cursor_down", "down", tooltip="Next", id="home.down", show=False),
        Binding("up,k", "cursor_up", "up", tooltip="Previous", id="home.up", show=False),
    ]

    def __init__(self, experiments: Collection[Experiment], *, id: str) -> None:  # noqa: A002
        super().__init__(*_options(experiments, False), id=id)

    def show(self, experiments: Collection[Experiment], *, wide: bool) -> None:
        """List these; the cursor stays where it was as far as that is still there."""
        before = self.current
        self.clear_options().add_options(_options(experiments, wide))
        names = [option.id for option in self.options]
        first = 1 if len(names) > 1 else None  # a heading is above it
        self.highlighted = names.index(before) if before and before in names else first

    @property
    def current(self) -> str | None:
        """The experiment under the cursor."""
        return None if self.highlighted is None else self.get_option_at_index(self.highlighted).id


def matching(experiments: Collection[Experiment], words: str) -> list[Experiment]:
    """Those that have all the words in what is said of them."""
    wanted = words.casefold().split()
    return [e for e in experiments if all(word in _said(e) for word in wanted)]


def _said(experiment: Experiment) -> str:
    of = (experiment.name, experiment.title, experiment.chapter, experiment.summary)
    return " ".join(of).casefold()


def _options(experiments: Collection[Experiment], wide: bool) -> Iterator[Option]:
    """A heading per chapter, then its experiments."""
    lines = _lines(experiments, wide)
    for chapter, members in by_chapter(experiments):
        yield Option(Content.styled(plain(chapter), "bold $primary"), disabled=True)
        for experiment in members:
            yield Option(lines[experiment.name], id=experiment.name)


def _lines(experiments: Collection[Experiment], wide: bool) -> dict[str, Content]:
    """Title, name and, where there is room, summary of each, in columns."""
    title = max([_TITLE, *(cell_len(plain(e.title)) for e in experiments)])
    name = max([_NAME, *(cell_len(plain(e.name)) for e in experiments)])
    return {
        e.name: Content.assemble(
            f"  {plain(e.title):<{title}} ",
            (f"{plain(e.name):<{name}} ", "$text-muted"),
            (plain(e.summary) if wide else "", "$text-muted"),
        )
        for e in experiments
    }
