"""Protects the pictures of Bayesian linear regression: densities that multiply, a contour that is
the log posterior, level lines that are level, and nothing broken at the ends of the knobs."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from tests.experiments.driver import Array, evaluate
from tests.experiments.test_bayes import CASES, examples, log_joint, program
from tui_lab.experiments.bayes import EXPERIMENT


def area(y: Array, x: Array) -> float:
    """Under the line through the points."""
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


@pytest.mark.parametrize("values", CASES)
def test_curves_of_one_weight_are_densities_and_multiply(values: dict[str, Any]) -> None:
    built = program(**values)
    shown = built.pictures()["one weight"]
    w = np.array(shown["line posterior"]["x"])
    prior, likelihood, posterior = (
        np.array(shown[f"line {name}"]["y"]) for name in ("prior", "likelihood", "posterior")
    )
    assert area(posterior, w) == pytest.approx(1)
    likely = posterior > 1e-6 * posterior.max()
    ratio = (prior * likelihood)[likely] / posterior[likely]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    found = evaluate(built)
    mean = area(w * posterior, w)
    assert mean == pytest.approx(found["one/mean"], abs=0.02 * found["one/sd"])
    assert shown["points MAP"]["x"] == [found["one/map"]]
    assert max(posterior) == pytest.approx(shown["points MAP"]["y"][0])


@pytest.mark.parametrize("values", CASES)
def test_the_contour_is_the_log_posterior_from_its_top(values: dict[str, Any]) -> None:
    built = program(**values)
    found = evaluate(built)
    field = built.pictures()["two weights"]["field"]
    top = log_joint(built, np.array(found["map/w1"]), np.array(found["map/w2"]))
    z = np.array(field["z"])
    assert z.max() <= 1e-9
    w1, w2 = np.meshgrid(field["x"][::10], field["y"][::10])
    expected = np.maximum(log_joint(built, w1, w2) - top, -30)
    np.testing.assert_allclose(z[::10, ::10], expected, atol=1e-6)


@pytest.mark.parametrize("values", [*CASES, {"examples": 0}, {"tau": 1e-5}])
def test_level_lines_are_level_and_meet_in_the_map(values: dict[str, Any]) -> None:
    built = program(**values)
    X, y = examples(built)
    shown = built.pictures()["two weights"]
    top = np.array([shown["points/MAP"]["x"][0], shown["points/MAP"]["y"][0]])

    def beliefs(w: Array) -> Array:
        return np.asarray((abs(w) if built.hp.prior == "laplace" else w**2).sum(-1))

    def misfits(w: Array) -> Array:
        return np.asarray(((y - w @ X.T) ** 2).sum(-1))

    for name, level in (("prior", beliefs), ("likelihood", misfits)):
        layer = shown[f"line/{name} through MAP"]
        if not layer:
            assert built.hp.examples == 0 or not top.any()
            continue
        line = np.column_stack((layer["x"], layer["y"]))
        np.testing.assert_allclose(level(line), level(top), rtol=1e-5, atol=1e-12)
        size = max(np.ptp(shown["field"]["x"]), np.ptp(shown["field"]["y"]))
        assert np.linalg.norm(line - top, axis=1).min() < 0.02 * size
        assert len(line) <= 500


@pytest.mark.parametrize("prior", ["gaussian", "laplace"])
def test_the_path_of_weights_passes_through_the_map(prior: str) -> None:
    shown = program(prior=prior).pictures()["weights for every λ"]
    found = evaluate(program(prior=prior))
    for name, j in (("w₁", 1), ("w₂", 2)):
        line = shown[f"line {name}"]
        there = np.interp(math.log(found["lambda"]), np.log(line["x"]), line["y"])
        assert there == pytest.approx(found[f"map/w{j}"], rel=0.02)
        assert abs(line["y"][-1]) < 1e-6
    assert shown["points MAP"]["x"] == [found["lambda"]] * 2


EXTREMES: list[dict[str, Any]] = [
    {"tau": 1e-5, "noise": 10},
    {"tau": 10, "noise": 1e-3, "examples": 10_000, "true_w": "10,-10", "correlation": 0.999},
    {"given": "lambda", "strength": 1e6, "examples": 1},
    {"given": "lambda", "strength": 1e-6, "examples": 10_000, "correlation": -0.999},
    {"true_w": "0,0", "examples": 2},
    {"tau": 10, "noise": 1e-3, "examples": 1, "true_w": "10,-10"},
]


@pytest.mark.parametrize("prior", ["gaussian", "laplace"])
@pytest.mark.parametrize("values", [{}, {"examples": 0}, *EXTREMES])
def test_everything_shown_is_declared_and_finite(prior: str, values: dict[str, Any]) -> None:
    built = program(prior=prior, **values)
    found, shown = evaluate(built), built.pictures()
    assert {metric.key for metric in EXPERIMENT.metrics} == set(found)
    assert {picture.title for picture in EXPERIMENT.pictures} == set(shown)
    tables = {"weights", "prior and penalty"}  # they may say nan or inf
    json.dumps({title: shown[title] for title in shown if title not in tables}, allow_nan=False)
    for key, value in found.items():
        unknown = key.startswith("least_squares") or key in ("lambda", "evidence/best_tau")
        assert math.isfinite(value) or unknown
    assert found["posterior/sd_w1"] <= found["prior/sd"] * (1 + 1e-6) or prior == "laplace"
    assert found["map/difference"] <= 1e-7 * (1 + abs(found["map/w1"]))
