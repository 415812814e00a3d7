"""Protects the charts at the end of a run: which curves, how wide, in which colours and signs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.commandline.scripted_run import Screen, Stream, started, write_events
from tui_lab.commandline.charts import draw_curves
from tui_lab.commandline.console import Console, cell_width
from tui_lab.commandline.report import fold_log
from tui_lab.events import HyperparameterChanged, MetricsLogged, RunEvent
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory

MakeRun = Callable[..., RunDirectory]


@pytest.fixture
def run_of(make_run: MakeRun) -> Callable[[Sequence[RunEvent]], RunDirectory]:
    """A run with just these events."""

    def make(events: Sequence[RunEvent]) -> RunDirectory:
        run = make_run()
        run.events_path.unlink()
        write_events(run, events)
        return run

    return make


def drawn(run: RunDirectory, experiment: Experiment | None, console: Console) -> Iterator[str]:
    return draw_curves(fold_log(run), experiment, console)


def steps(losses: Sequence[object]) -> MetricsLogged:
    return MetricsLogged(t=1.0, kind="step", first=1, columns={"train/loss": losses})


def epochs(losses: Sequence[object]) -> MetricsLogged:
    numbers = list(range(1, len(losses) + 1))
    at = [10 * number for number in numbers]
    columns = {"train/loss": losses}
    return MetricsLogged(t=1.0, kind="epoch", steps=at, epochs=numbers, columns=columns)


def test_the_first_two_curves_are_drawn_as_wide_as_the_console(
    make_run: MakeRun, linear_regression: Experiment, console: Screen
) -> None:
    rows = list(drawn(make_run(), linear_regression, console))
    titles = [row for row in rows if row.startswith(("loss", "‖w‖"))]
    assert titles == ["loss (log)   ⠶ train 0.25", "‖w‖   ⠶ 3.5"]
    assert len(rows) == 2 + 15 + 10
    assert 75 <= max(map(cell_width, rows)) <= 80


def test_one_epoch_is_drawn_by_its_steps(
    run_of: Callable[..., RunDirectory], linear_regression: Experiment, console: Screen
) -> None:
    run = run_of([started(), steps([4.0, 2.0, 1.0, 0.5]), epochs([0.4])])
    assert next(drawn(run, linear_regression, console)).startswith("loss (log)")


def test_a_run_that_overflowed_shows_the_steps_before_it(
    run_of: Callable[..., RunDirectory], linear_regression: Experiment, console: Screen
) -> None:
    run = run_of([started(), steps([1.0, 1e9, "Infinity", "NaN"]), epochs(["NaN", "NaN"])])
    title = next(drawn(run, linear_regression, console))
    assert title == "loss (log)   ⠶ train nan   4 non-finite from step 3"


def test_a_run_without_a_finite_number_is_drawn_too(
    run_of: Callable[..., RunDirectory], linear_regression: Experiment, console: Screen
) -> None:
    run = run_of([started(), epochs(["NaN", "Infinity"])])
    assert "2 non-finite from step 10" in next(drawn(run, linear_regression, console))


def test_a_run_without_measurements_has_no_charts(
    run_of: Callable[..., RunDirectory], linear_regression: Experiment, console: Screen
) -> None:
    assert list(drawn(run_of([]), linear_regression, console)) == []


def test_a_nudge_is_explained_under_the_chart(
    run_of: Callable[..., RunDirectory], linear_regression: Experiment, console: Screen
) -> None:
    nudge = HyperparameterChanged(t=0.5, step=5, name="lr", old=0.03, new=0.1)
    rows = list(drawn(run_of([started(), nudge, epochs([1.0, 0.5])]), linear_regression, console))
    assert "  a  lr 0.03 → 0.1" in rows


def test_the_axis_ends_where_the_run_did(
    run_of: Callable[..., RunDirectory], linear_regression: Experiment, console: Screen
) -> None:
    run = run_of([started(total_steps=1_000_000), epochs([1.0, 0.5, 0.25])])
    rows = list(drawn(run, linear_regression, console))
    assert rows[15].split()[-1] in ("3", "3.0")


def test_a_terminal_gets_colours_unless_it_wants_none(
    make_run: MakeRun, linear_regression: Experiment
) -> None:
    run, console = make_run(), Screen(terminal=True)
    assert "\x1b[34m" in "".join(drawn(run, linear_regression, console))
    console.environ = {"TERM": "xterm", "NO_COLOR": "1"}
    assert "\x1b" not in "".join(drawn(run, linear_regression, console))


def test_a_stream_without_braille_gets_ascii_marks(
    make_run: MakeRun, linear_regression: Experiment
) -> None:
    latin = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    console = Console(latin, Stream(), environ={})
    rows = list(drawn(make_run(), linear_regression, console))
    assert all(row.isascii() for row in rows[1:16])
    assert "*" in "".join(rows[1:16])
