"""Protects what is said to differ between runs: that, and nothing else."""

from __future__ import annotations

from tests.view_models.comparison.runs import VALUES, compared, turned
from tui_lab.view_models.comparison.compared import ComparedRun, short_names
from tui_lab.view_models.comparison.differences import NOTHING, differences


def table(*runs: ComparedRun) -> dict[str, tuple[str, ...]]:
    return {each.heading: each.cells for each in differences(runs)}


def test_only_what_differs_is_said() -> None:
    other = compared("b", hyperparameters={**VALUES, "weight_decay": 10.0})
    assert table(compared("a"), other) == {"λ": ("3", "10")}


def test_equal_runs_differ_in_nothing() -> None:
    assert table(compared("a"), compared("b")) == {}


def test_seed_device_threads_and_the_text_of_a_file_count() -> None:
    one = compared("a", sha256="0123456789", begin={"device": "cpu", "threads": 1})
    other = compared("b", sha256="9876543210", seed=7, begin={"device": "cuda:0", "threads": 2})
    assert table(one, other) == {
        "seed": ("0", "7"),
        "device": ("cpu", "cuda:0"),
        "threads": ("1", "2"),
        "file's text": ("01234567", "98765432"),
    }


def test_of_what_was_imported_nobody_knows_seed_and_threads() -> None:
    other = compared("b", imported="/x.csv", begin={"device": "", "threads": 0})
    assert table(compared("a", seed=7, begin={"device": "cpu", "threads": 2}), other) == {}


def test_versions_count_where_both_are_known() -> None:
    old, new = ({"request": {"versions": {"torch": v}}} for v in ("2.11", "2.13"))
    assert table(compared("a", begin=old), compared("b", begin=new)) == {"torch": ("2.11", "2.13")}
    assert table(compared("a", begin=old), compared("b")) == {}


def test_versions_that_are_none_are_passed_over() -> None:
    assert table(compared("a", begin={"request": {"versions": [1]}}), compared("b")) == {}


def test_a_knob_turned_on_the_way_is_said_with_its_step_and_letter() -> None:
    one = compared("a", [1.0], turned("lr", 0.003, 0.01, 5))
    other = compared(
        "b", [1.0], turned("weight_decay", 3.0, 10.0, 213), turned("weight_decay", 10.0, 1.0, 300)
    )
    assert table(one, other) == {
        "λ": ("3", "3 → 10 at step 213 (b) → 1 at step 300 (c)"),
        "lr": ("0.003 → 0.01 at step 5 (a)", "0.003"),
    }


def test_what_one_of_several_experiments_has_alone_is_no_difference() -> None:
    toy = {"lr": 0.1, "depth": 3}
    other = compared("b", experiment=None, of="mlp", hyperparameters=toy)
    assert table(compared("a"), other) == {
        "lr": ("0.003", "0.1"),
        "experiment": ("weight-decay", "mlp"),
    }


def test_what_an_older_version_of_the_experiment_lacks_is_one() -> None:
    older = compared("b", hyperparameters={"lr": 0.003})
    assert table(compared("a"), older) == {"λ": ("3", NOTHING)}


def test_a_branch_is_said_beside_runs_that_are_none() -> None:
    branch = compared("b", parent="weight-decay-20261120-120000-00aa", parent_step=1200)
    assert table(compared("a"), branch) == {"branch of": (NOTHING, "00aa at step 1,200")}


def test_short_names_tell_runs_apart() -> None:
    one, other = compared("7f3a").facts, compared("8e2f").facts
    assert short_names([one, other]) == ["7f3a", "8e2f"]
    assert short_names([one, one]) == [one.id, one.id]
    assert short_names([one, compared("8e2f", of="mlp").facts]) == ["weight-decay 7f3a", "mlp 8e2f"]
