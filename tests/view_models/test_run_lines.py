"""Protects what the fold of a run says in words: marks, the lines of its log, and events that make
no sense."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.view_models.folded import started, steps, view_of
from tui_lab.event_encoding import from_json
from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    MetricsLogged,
    PictureLogged,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStopped,
)


class TestMarks:
    def test_a_change_is_written_with_symbol_and_format(self) -> None:
        view = view_of(
            started(),
            HyperparameterChanged(t=2.0, step=213, name="weight_decay", old=3.0, new=10.0),
        )

        (mark,) = view.marks
        assert (mark.letter, mark.step, mark.t, mark.name) == ("a", 213, 2.0, "weight_decay")
        assert (mark.old, mark.new, mark.text) == ("3", "10", "λ 3 → 10")
        assert view.lines[-1] == "a  step 213: λ 3 → 10"
        assert view.changed == {"weight_decay": 10.0}

    @pytest.mark.parametrize(
        ("name", "old", "new", "text"),
        [
            ("lr", 0.003, 0.01, "lr 0.003 → 0.01"),
            ("true_w", "2,-3.4", "1,1", "true_w 2,-3.4 → 1,1"),
            ("lr", "gone", 0.01, "lr gone → 0.01"),
            ("[red]\x1b[31m", 1, 2, "[red] [31m 1 → 2"),
        ],
    )
    def test_names_stand_where_there_is_no_symbol(
        self, name: str, old: object, new: object, text: str
    ) -> None:
        view = view_of(HyperparameterChanged(t=0, step=1, name=name, old=old, new=new))

        assert view.marks[0].text == text

    def test_letters_go_on_after_z(self) -> None:
        change = HyperparameterChanged(t=0, step=1, name="lr", old=0.1, new=0.2)
        view = view_of(*[change] * 704)

        letters = [mark.letter for mark in view.marks]
        assert [letters[i] for i in (0, 25, 26, 27, 51, 52, 701, 702)] == [
            *("a", "z", "aa", "ab", "az", "ba", "zz", "aaa")
        ]
        assert len(set(letters)) == len(letters)


class TestLines:
    def test_say_what_happened(self) -> None:
        view = view_of(
            started(device="cuda:0", device_name="H200"),
            RunPaused(t=1, step=40),
            RunResumed(t=2, step=40),
            AlarmRaised(t=3, step=41, kind="step/first_nan", message="the batch loss became NaN"),
            RunStopped(t=4, step=50, epoch=13, reason="asked"),
        )

        assert view.lines == [
            "started on cuda:0 (H200), 400 steps, 4 an epoch",
            "paused at step 40",
            "resumed after step 40",
            "step 41: the batch loss became NaN",
            "stopped at step 50: asked",
        ]
        assert [alarm.kind for alarm in view.alarms] == ["step/first_nan"]

    def test_an_error_brings_its_traceback_as_plain_text(self) -> None:
        view = view_of(
            RunFailed(t=1, step=3, epoch=1, error="[red]no\x1b]0;x\x07", traceback="a\n  b")
        )

        assert view.lines == ["failed at step 3: [red]no ]0;x", "a", "  b"]

    def test_are_bounded_and_counted(self) -> None:
        view = view_of(*[RunPaused(t=0, step=n) for n in range(1500)])

        assert (len(view.lines), view.log.count) == (1000, 1500)
        assert view.lines[-1] == "paused at step 1499"


class TestWhateverIsWritten:
    @pytest.mark.parametrize(
        "line",
        [
            {"type": "metrics", "t": 1, "kind": "step", "first": 1, "columns": None},
            {"type": "metrics", "t": 1, "kind": "step", "first": "x", "columns": {"a": [1]}},
            {"type": "metrics", "t": "[red]", "kind": "epoch", "columns": {"a": [1]}},
            {"type": "gradients", "t": 1, "step": 1, "phase": "", "grad_enabled": True,
             "graph": True, "parameters": [{}]},
            {"type": "run_paused", "t": None, "step": None},
            {"type": "picture", "t": 1, "step": "x", "picture": [], "layer": {}, "data": 3},
            {"type": "run_finished", "t": 1, "step": 1, "epoch": "Infinity", "metrics": {}},
        ],
    )  # fmt: skip
    def test_an_event_that_makes_no_sense_is_said_to_be_unreadable(
        self, line: dict[str, Any]
    ) -> None:
        view = view_of(started(), from_json(line), steps(1, 4, 1.0))

        assert view.step == 4
        assert any("could not be read" in text for text in view.lines)

    def test_what_is_wrong_is_said_once_for_each_kind_of_event(self) -> None:
        bad = [{"type": kind, "t": t} for t in ("x", "y") for kind in ("run_paused", "alarm")]
        view = view_of(*map(from_json, bad))

        assert view.lines == [
            "an event could not be read: run_paused, step is missing",
            "an event could not be read: alarm, step is missing",
        ]

    def test_metrics_beyond_what_can_be_kept_are_left_out_and_said_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tui_lab.view_models.measurements.MOST_COLUMNS", 2)
        block = MetricsLogged(t=1, kind="step", first=1, columns={k: [1.0] for k in "abcd"})
        view = view_of(block, replace(block, first=2))

        assert set(view.series) == {("step", "a"), ("step", "b")}
        assert view.step == 2
        assert view.lines == [
            "an event could not be read: MetricsLogged, 2 metrics beyond 2 are left out"
        ]

    @pytest.mark.parametrize("line", [{"type": "comet_seen", "t": "x"}, {}])
    def test_an_unknown_event_is_named(self, line: dict[str, Any]) -> None:
        view = view_of(from_json(line))

        assert view.lines == [f"an event this version does not know: {line.get('type')}"]

    def test_a_picture_keeps_the_newest_data_of_each_layer(self) -> None:
        points, line = {"x": [1], "y": [2]}, {"x": [0, 1], "y": [0, 2]}
        view = view_of(
            PictureLogged(t=0, step=0, picture="fit", layer="points", data=points),
            PictureLogged(t=1, step=4, picture="fit", layer="line", data={}),
            PictureLogged(t=2, step=8, picture="fit", layer="line", data=line),
        )

        assert view.pictures == {"fit": {"points": points, "line": line}}
        assert view.picture_steps == {"fit": 8}
