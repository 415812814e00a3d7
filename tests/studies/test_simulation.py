"""Protects the benchmark of a study on a large cluster from asking for what can't be asked: it is
run as it is, of fewer trials."""

from __future__ import annotations

import pytest

from benchmarks import cluster_simulation


def test_the_simulation_of_a_cluster_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("_TRIALS", 30), ("_WORKERS", 5), ("_QUIET", 2), ("_TRIED", 2)):
        monkeypatch.setattr(cluster_simulation, name, number)
    named = [each.what for each in cluster_simulation.measure()]
    assert named[0] == "30 trials on 5 workers: a trial"
    assert len(named) == 9
