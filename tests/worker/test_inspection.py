"""A parameter that is opened is told right and in few bytes, whatever it is, and looking harms no
run; a graph is told as far as there is room, each node once, its leaves by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.worker.conducted import EXPERIMENT, Toy
from tests.worker.stepped import Stepped, built
from tui_lab.event_encoding import from_json, to_json
from tui_lab.inspection import BINS, MOST_NODES, WHOLE, GraphShown, ParameterShown
from tui_lab.runs.encoding import dumps, loads
from tui_lab.training.phase import FORWARD, UPDATE
from tui_lab.worker.inspection import contents_of, graph_nodes, parameter_shown

MOST_BYTES = 2048


def test_a_small_tensor_is_told_whole() -> None:
    shown = contents_of(torch.tensor([[1.0, -2.0, 0.0], [math.nan, math.inf, 5.0]]))
    assert shown["columns"] == 3
    assert shown["values"][:3] == [1.0, -2.0, 0.0]
    assert math.isnan(shown["values"][3])
    assert (shown["min"], shown["max"], shown["mean"]) == (-2.0, 5.0, 1.0)
    assert (shown["zeros"], shown["nan"], shown["inf"]) == (pytest.approx(1 / 6), 1, 1)
    assert "counts" not in shown


def test_a_large_matrix_is_told_by_its_corners_and_a_histogram() -> None:
    matrix = torch.arange(70.0).reshape(10, 7)
    matrix[0, 3] = math.nan
    shown = contents_of(matrix)
    assert (shown["rows"], shown["of"], shown["columns"]) == (10, 7, 4)
    assert shown["values"] == [0, 1, 5, 6, 7, 8, 12, 13, 56, 57, 61, 62, 63, 64, 68, 69]
    assert len(shown["counts"]) == BINS
    assert sum(shown["counts"]) == 69
    assert max(shown["counts"]) - min(shown["counts"]) <= 1


@pytest.mark.parametrize("shape", [(50,), (50, 1), (1, 50)])
def test_a_long_row_or_column_is_told_by_its_ends(shape: tuple[int, ...]) -> None:
    shown = contents_of(torch.arange(50.0).reshape(shape))
    assert (shown["rows"], shown["of"]) == (1, 50)
    assert shown["values"] == [0, 1, 2, 3, 46, 47, 48, 49]


def test_dimensions_beyond_the_first_are_columns() -> None:
    shown = contents_of(torch.arange(5.0 * 3 * 4).reshape(5, 3, 4))
    assert (shown["rows"], shown["of"]) == (5, 12)


def test_what_has_no_range_has_no_histogram() -> None:
    assert contents_of(torch.full((30,), 2.0))["counts"] == []
    nothing_finite = contents_of(torch.full((30,), math.nan))
    assert (nothing_finite["min"], nothing_finite["nan"], nothing_finite["counts"]) == (
        None,
        30,
        [],
    )


READ: dict[str, Callable[[], Tensor]] = {
    "nothing": lambda: torch.zeros(0, 3),
    "scalar": lambda: torch.tensor(2.0),
    "bfloat16": lambda: torch.ones(40, dtype=torch.bfloat16),
    "float8": lambda: torch.ones(30).to(torch.float8_e4m3fn),
    "booleans": lambda: torch.ones(3, dtype=torch.bool),
    "integers": lambda: torch.arange(40),
    "expanded": lambda: torch.ones(1).expand(40),
    "huge": lambda: torch.tensor([3e38, -3e38] * 20),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
}


@pytest.mark.parametrize("make", READ.values(), ids=READ)
@pytest.mark.filterwarnings("ignore:.*quantiz.*")
def test_whatever_has_numbers_is_read(make: Callable[[], Tensor]) -> None:
    tensor = make()
    shown = contents_of(tensor)
    assert "note" not in shown
    assert shown["size"] == tensor.numel()


ODD: dict[str, tuple[Callable[[], Tensor], str]] = {
    "lazy": (lambda: nn.LazyLinear(3).weight, "no values before the first forward pass"),
    "meta": (lambda: torch.ones(3, device="meta"), "on the meta device, without values"),
    "sparse": (lambda: torch.eye(3).to_sparse(), "sparse"),
    "complex": (lambda: torch.ones(3, dtype=torch.complex64), "complex numbers"),
}


@pytest.mark.parametrize(("make", "note"), ODD.values(), ids=ODD)
def test_what_has_none_says_why(make: Callable[[], Tensor], note: str) -> None:
    assert parameter_shown(make(), None)["tensors"]["value"] == {"note": note}


def test_one_that_is_computed_from_others_has_no_gradient_of_its_own() -> None:
    shown = parameter_shown(torch.ones(3, requires_grad=True) * 2, None)["tensors"]
    assert "computed from others" in shown["grad"]["note"]
    assert shown["change"] == {"note": "not kept from before the step"}


def test_it_fits_into_two_kilobytes() -> None:
    for size in ((WHOLE,), (300, 500)):
        parameter = nn.Parameter(-torch.rand(size).exp() * 1e-20)
        parameter.grad = -torch.rand(size) * 1e-20
        fields = parameter_shown(parameter, torch.rand(size))
        event = ParameterShown(
            t=1234.567891, step=10**6, phase="zero_grad", parameter="layers.11.w", **fields
        )
        line = dumps(to_json(event))
        assert len(line) <= MOST_BYTES
        assert isinstance(from_json(loads(line)), ParameterShown)


def toy() -> Toy:
    program = Toy(EXPERIMENT.choose({}), seed=0, device=torch.device("cpu"))
    program.build()
    return program


def test_an_open_parameter_is_told_at_each_phase_until_it_is_closed() -> None:
    stepped = Stepped(toy())
    assert stepped.watch.open("w", 0) == ""
    stepped.take()
    shown = [(e.step, e.phase, e.tensors["value"]["values"]) for e in stepped.of(ParameterShown)]
    assert shown == [
        (0, "", [100.0]),
        (1, "forward", [100.0]),
        (1, "backward", [100.0]),
        (1, "update", [99.5]),
        (1, "zero_grad", [99.5]),
    ]
    last = stepped.of(ParameterShown)[-1]
    assert last.tensors["change"]["values"] == [-0.5]
    stepped.watch.open("", 1)
    assert stepped.of(ParameterShown)[-1].parameter == ""
    count = len(stepped.of(ParameterShown))
    stepped.take()
    assert len(stepped.of(ParameterShown)) == count


def test_of_a_step_that_is_not_held_it_is_told_once_as_after_the_update() -> None:
    stepped = Stepped(toy())
    stepped.watch.open("w", 0)
    stepped.take(held=False)
    _, shown = stepped.of(ParameterShown)
    assert (shown.step, shown.phase) == (1, UPDATE)
    assert shown.tensors["grad"]["values"] == [1.0]


def test_a_name_that_is_none_is_refused() -> None:
    stepped = Stepped(toy())
    assert stepped.watch.open("v", 0) == "There is no parameter 'v' to look at."
    assert stepped.log == []


def test_looking_changes_no_number(subset: None) -> None:
    results = []
    for name in ("", "W1"):
        stepped = Stepped(built("mlp", hidden="5", examples=90, batch_size=32))
        stepped.watch.open(name, 0)
        for _ in range(4):
            stepped.take()
        results.append([p.detach().clone() for p in stepped.program.parameters().values()])
    assert all(map(torch.equal, *results))


def test_the_graph_of_a_loss_ends_in_its_parameters() -> None:
    stepped = Stepped(built("linear-regression", implementation="scratch"))
    said = []
    for phase in stepped.phases():
        said.append(stepped.watch.open_graph(1) if phase == FORWARD else "")
    (graph,) = stepped.of(GraphShown)
    assert (said[0], graph.step, graph.phase) == ("", 1, "forward")
    names = [node["name"] for node in graph.nodes]
    assert names[:5] == [
        "DivBackward0",
        "PowBackward0",
        "SubBackward0",
        "AddBackward0",
        "MmBackward0",
    ]
    assert [node["of"] for node in graph.nodes if node["of"]] == ["b", "w"]
    for place, node in enumerate(graph.nodes):
        assert node["parent"] < place
    stepped.take()
    assert [e.phase for e in stepped.of(GraphShown)] == ["forward", "forward"]
    stepped.watch.open_graph(2, is_open=False)
    stepped.take()
    assert len(stepped.of(GraphShown)) == 2


def test_without_a_graph_it_says_so() -> None:
    stepped = Stepped(toy())
    assert stepped.watch.open_graph(0).startswith("There is no graph to show")
    assert stepped.log == []


def test_a_graph_is_bounded_and_says_what_it_leaves_out() -> None:
    x = torch.ones(2, requires_grad=True)
    total: Any = torch.stack([x * k for k in range(200)]).sum()
    nodes = graph_nodes(total, {id(x): "x"})
    assert len(nodes) == MOST_NODES
    assert nodes[1]["more"] == 200 - (MOST_NODES - 2)
    assert nodes[2]["more"] == 1
    event = GraphShown(t=0.0, step=1, phase="forward", nodes=nodes)
    assert from_json(loads(dumps(to_json(event)))) == event


def test_a_node_that_is_reached_twice_unfolds_once() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    nodes = graph_nodes((y * y).sum(), {id(x): "x"})
    assert [(n["name"], n["again"]) for n in nodes[2:4]] == [
        ("ExpBackward0", False),
        ("ExpBackward0", True),
    ]
    assert sum(node["name"] == "AccumulateGrad" for node in nodes) == 1


def test_a_leaf_without_a_name_is_told_by_its_shape() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    assert graph_nodes(x.sum(), {})[-1]["of"] == "a tensor of shape 2×3"
