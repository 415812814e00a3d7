"""Looking harms no run: whatever stands among the parameters, a figure is n/a at the worst and is
said once; and what can be measured is measured right, with one copy from the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from tests.worker.conducted import EXPERIMENT, Toy
from tui_lab.training.phase import BACKWARD, FORWARD, UPDATE, ZERO_GRAD
from tui_lab.training.program import Program
from tui_lab.worker.probe import GradientProbe, described


class Holder(Program):
    """Parameters to look at, whatever they are."""

    def __init__(self, parameters: Any) -> None:
        super().__init__(EXPERIMENT.choose({}), seed=0, device=torch.device("cpu"))
        self.named = parameters

    def parameters(self) -> Mapping[str, Tensor]:
        named: Mapping[str, Tensor] = self.named() if callable(self.named) else self.named
        return named

    build = step = evaluate = None  # type: ignore[assignment]


Holder.__abstractmethods__ = frozenset()


def watched(parameters: Any, *, steps: int = 1) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """One row per parameter after watched steps, and what was remarked."""
    probe = GradientProbe(Holder(parameters), 10)
    remarks: list[str] = []
    for step in range(1, steps + 1):
        probe.begin(step)
        for phase in (FORWARD, BACKWARD, UPDATE, ZERO_GRAD):
            probe.observe(phase)
        snapshot = probe.snapshot(step, held=False)
        remarks += probe.remarks()
    return {state["name"]: state for state in snapshot["parameters"]}, remarks


def with_gradient(tensor: Tensor, gradient: Tensor | None = None) -> Tensor:
    tensor.grad = torch.ones_like(tensor) if gradient is None else gradient
    return tensor


def sparse() -> Tensor:
    embedding = nn.Embedding(5, 2, sparse=True)
    embedding(torch.tensor([1, 1, 3])).sum().backward()
    return embedding.weight


MEASURED: dict[str, tuple[Callable[[], Tensor], float]] = {
    "sparse": (sparse, math.sqrt(4 + 4 + 1 + 1)),  # row 1 was asked for twice
    "complex": (lambda: with_gradient(torch.full((2,), 3 + 4j)), math.sqrt(2)),
    "bfloat16": (lambda: with_gradient(torch.ones(4, dtype=torch.bfloat16)), 2.0),
    "float16": (lambda: with_gradient(torch.ones(4, dtype=torch.float16)), 2.0),
    "huge values": (lambda: with_gradient(torch.ones(1), torch.full((1,), 3e38)), 3e38),
    "nothing": (lambda: with_gradient(torch.ones(0, 3)), 0.0),
    "scalar": (lambda: with_gradient(torch.tensor(2.0)), 1.0),
    "view": (lambda: with_gradient(torch.ones(4)[1:]), math.sqrt(3)),
    "transposed": (lambda: with_gradient(torch.ones(2, 3).T), math.sqrt(6)),
}


@pytest.mark.parametrize(("make", "norm"), MEASURED.values(), ids=MEASURED)
def test_what_has_a_norm_is_measured(make: Callable[[], Tensor], norm: float) -> None:
    rows, remarks = watched({"w": make()})
    assert rows["w"]["grad_norm"] == pytest.approx(norm, rel=1e-6)
    assert remarks == []


ODD: dict[str, Callable[[], Any]] = {
    "lazy": lambda: nn.LazyLinear(3).weight,
    "meta": lambda: torch.ones(3, device="meta"),
    "expanded": lambda: torch.ones(1).expand(4),
    "integers": lambda: torch.arange(3),
    "booleans": lambda: torch.ones(3, dtype=torch.bool),
    "float8": lambda: torch.ones(3).to(torch.float8_e4m3fn),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    "sparse rows": lambda: torch.eye(3).to_sparse_csr(),
    "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "computed": lambda: torch.ones(3, requires_grad=True) * 2,
    "no tensor": lambda: "w",
    "nothing": lambda: None,
}


@pytest.mark.filterwarnings("ignore")  # torch's own, on prototypes of layouts
@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_an_odd_parameter_costs_its_own_figures_at_most(make: Callable[[], Any]) -> None:
    healthy = with_gradient(torch.ones(4))
    odd = make()
    described({"odd": odd})
    rows, remarks = watched({"odd": odd, "w": healthy}, steps=3)
    assert (rows["w"]["norm"], rows["w"]["grad_norm"], rows["w"]["update"]) == (2.0, 2.0, 0.0)
    missing = "odd" not in rows or rows["odd"]["norm"] is None or rows["odd"]["update"] is None
    assert len(remarks) == missing  # and said once, not at every step
    assert all(remark.startswith("odd is n/a in part: ") for remark in remarks)


def test_parameters_that_raise_are_said_once_and_nothing_is_measured() -> None:
    def broken() -> Mapping[str, Tensor]:
        raise KeyError("w")

    rows, remarks = watched(broken, steps=2)
    assert rows == {}
    assert remarks == ["parameters() is n/a in part: it raised KeyError: 'w'."]


def test_parameters_that_come_and_go_are_measured_while_they_are_there() -> None:
    turns = iter(range(1000))

    def shifting() -> Mapping[str, Tensor]:
        return {f"w{next(turns) % 2}": with_gradient(torch.ones(4))}

    rows, _ = watched(shifting, steps=3)
    assert all(row["norm"] in (2.0, None) for row in rows.values())


def test_two_names_of_one_tensor_are_two_rows() -> None:
    shared = with_gradient(torch.ones(4))
    rows, remarks = watched({"encoder": shared, "decoder": shared})
    assert rows["encoder"]["grad_norm"] == rows["decoder"]["grad_norm"] == 2.0
    assert remarks == []


def test_only_so_many_bytes_are_kept_from_before_an_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui_lab.worker.probe._MOST_BYTES", 100)
    rows, remarks = watched({"small": torch.ones(4), "large": torch.ones(400)})
    assert (rows["small"]["update"], rows["large"]["update"]) == (0.0, None)
    assert rows["large"]["norm"] == 20.0
    assert len(remarks) == 1


def test_looking_leaves_autograd_as_it_was() -> None:
    weight = with_gradient(torch.ones(4, requires_grad=True))
    version = weight._version
    watched({"w": weight})
    assert (weight._version, weight.requires_grad, weight.grad_fn) == (version, True, None)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_gradient_that_was_summed_up_says_of_how_many(times: int) -> None:
    weight = torch.ones(2, requires_grad=True)
    probe = GradientProbe(Holder({"w": weight}), 10)
    for step in range(1, times + 1):  # nobody zeroes it in between
        probe.begin(step)
        probe.observe(FORWARD)
        weight.sum().backward()
        probe.observe(BACKWARD)
        (row,) = probe.snapshot(step, held=False)["parameters"]
    assert (row["grad"], row["times"]) == ("set" if times == 1 else "accumulated", times)


class Copies(TorchDispatchMode):
    """Counts what waits for a device."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        self.count += name in ("_local_scalar_dense", "is_nonzero", "equal", "nonzero")
        return func(*args, **(kwargs or {}))


def test_nothing_waits_for_the_device_before_the_snapshot() -> None:
    parameters = {f"w{i}": with_gradient(torch.ones(3)) for i in range(12)}
    probe = GradientProbe(Holder(parameters), 10)
    with Copies() as copies:
        probe.begin(1)
        for phase in (FORWARD, BACKWARD, UPDATE):
            probe.observe(phase)
    assert copies.count == 0


def test_a_snapshot_is_one_copy_from_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    lists: list[Tensor] = []
    read = Tensor.tolist

    def tolist(self: Tensor) -> Any:
        lists.append(self)
        return read(self)

    monkeypatch.setattr(Tensor, "tolist", tolist)
    watched({f"w{i}": with_gradient(torch.ones(3)) for i in range(12)})
    assert len(lists) == 1


def test_the_toy_is_measured_as_it_walks() -> None:
    program = Toy(EXPERIMENT.choose({}), seed=0, device=torch.device("cpu"))
    program.build()
    probe = GradientProbe(program, 6)
    probe.begin(1)
    for phase in program.step(next(iter(program.batches))):
        probe.observe(phase)
    (row,) = probe.snapshot(1, held=False)["parameters"]
    assert (row["norm"], row["grad_norm"], row["grad"]) == (99.5, 1.0, "set")
    assert row["update"] == pytest.approx(0.005)


def test_numbers_that_are_not_finite_are_counted() -> None:
    values = torch.tensor([1.0, math.nan, math.inf, 2.0])
    rows, remarks = watched({"w": with_gradient(values), "v": with_gradient(torch.ones(2))})
    assert {name: row["nonfinite"] for name, row in rows.items()} == {"w": 2, "v": 0}
    assert remarks == []
