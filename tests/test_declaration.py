"""Protects that a declaration is data: what comes back is what was declared, for every experiment
there is, and what is damaged is refused in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.declaration import from_json, to_json
from tui_lab.plugins import experiment_names, load_experiment

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    found = [path]
    if isinstance(data, dict | list):
        for key, value in inner:
            found += paths(value, (*path, key)) if isinstance(value, dict | list) else []
            found.append((*path, key))
    return found


@pytest.mark.parametrize("name", experiment_names())
def test_every_experiment_comes_back_as_it_was_declared(name: str) -> None:
    experiment = load_experiment(name)
    data = json.loads(json.dumps(to_json(experiment)))

    found = from_json(data)
    assert replace(found, constraint=experiment.constraint) == experiment


@given(data=st.data(), wrong=JSON)
def test_what_is_damaged_is_refused_and_nothing_else_happens(data: Any, wrong: Any) -> None:
    declared = json.loads(json.dumps(to_json(load_experiment("mlp"))))
    path = data.draw(st.sampled_from([path for path in paths(declared) if path]))
    holder = declared
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = wrong
    try:
        found = from_json(declared)
    except ValueError:
        return
    assert found.choose({}) == found.defaults


@pytest.mark.parametrize("wrong", [None, [], "text", 3, {}], ids=str)
def test_what_is_no_object_is_none(wrong: Any) -> None:
    with pytest.raises(ValueError, match="is"):
        from_json(wrong)


def test_a_sentence_names_the_field() -> None:
    data = to_json(load_experiment("weight-decay"))
    numbers = [each for each in data["hyperparameters"] if "low" in each]
    numbers[0]["low"] = "small"

    with pytest.raises(ValueError, match=r"^hyperparameters low is 'small', not a number$"):
        from_json(data)
