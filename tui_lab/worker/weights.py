"""What a run trained, as a file of weights: read off a state that was kept of it.

The program is built as the run's was, and put into that state; so weights have the names that the
program gives them. Nothing is written into the run's directory.
"""

from __future__ import annotations

import functools
import io
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save as safetensors
from torch import Tensor, nn

from tui_lab.errors import RunError, TuiLabError
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.model import kept_models
from tui_lab.runs.replacement import replacing
from tui_lab.training.program import Program
from tui_lab.training.state_file import load
from tui_lab.worker.beginning import restored
from tui_lab.worker.driving import build
from tui_lab.worker.former import former, require_begun
from tui_lab.worker.programs import made_of


def weights_at(directory: RunDirectory, step: int) -> dict[str, Tensor]:
    """Parameters and buffers by their names, on the CPU, as they were kept after `step`. Raises
    `RunError` or `ExperimentError`."""
    experiment, program = made_of(directory)
    past = former(directory)
    here = replace(require_begun(past, directory.id), device="cpu")  # a card need not be there
    request = directory.request()
    building = functools.partial(build, program, request, experiment)
    built, place, _, complaints = restored(
        building, directory, request, experiment, replace(past, started=here), step
    )
    if place.step != step:
        raise RunError(" ".join(complaints) or f"Nothing is kept of step {step:,} any more.")
    return {name: _own(tensor) for name, tensor in _named(built).items()}


def script_weights(path: Path) -> dict[str, Tensor]:
    """The same of what a watched script trains, as it was kept: modules by their names."""
    state = load(path)
    modules = {
        f"{name}.{key}": tensor
        for name, tensors in state["modules"].items()
        for key, tensor in tensors.items()
        if isinstance(tensor, Tensor)
    }
    return {name: _own(tensor) for name, tensor in {**modules, **state["parameters"]}.items()}


def _own(tensor: Tensor) -> Tensor:
    """A tensor that shares its numbers with no other."""
    return tensor.detach().to("cpu").contiguous().clone()


def _named(program: Program) -> Mapping[str, Tensor]:
    buffers = {
        f"{attribute}.{name}": buffer
        for attribute, module in vars(program).items()
        if isinstance(module, nn.Module)
        for name, buffer in module.named_buffers()
        if name in module.state_dict()
    }
    return {**buffers, **program.parameters()}


def encoded(weights: Mapping[str, Tensor], suffix: str, about: Mapping[str, str]) -> bytes:
    """The content of a .safetensors, with `about` as its metadata, or of a .pt, which
    `torch.load` reads with `weights_only=True` as a dict of tensors."""
    if suffix == ".safetensors":
        return safetensors(dict(weights), dict(about))
    file = io.BytesIO()
    torch.save(dict(weights), file)
    return file.getvalue()


def tell_weights(directory: RunDirectory, step: int, to: Path) -> int:
    """Write the weights and say on standard output, in a line of JSON, how many tensors they are,
    `{"tensors"}`, or `{"error"}`; what the program prints goes elsewhere."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    about = {"run": directory.id, "step": str(step), "experiment": directory.request().experiment}
    try:
        models = kept_models(directory)
        weights = script_weights(models[step]) if step in models else weights_at(directory, step)
        with replacing(to, mode=0o666) as file:
            file.write(encoded(weights, to.suffix.lower(), about))
    except OSError as error:
        said = {"error": f"{to} can't be written ({error.strerror or error})."}
    except (TuiLabError, RuntimeError, LookupError) as error:
        said = {"error": str(error)}
    else:
        said = {"tensors": len(weights)}  # type: ignore[dict-item]
    out.write(json.dumps(said) + "\n")
    out.flush()
    return int("error" in said)
