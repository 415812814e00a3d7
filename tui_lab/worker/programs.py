"""The programs that declarations name, and what a run is made of."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from tui_lab.declaration import to_json
from tui_lab.errors import ExperimentError
from tui_lab.experiment import Experiment
from tui_lab.own_module import import_file
from tui_lab.plugins import declared_in, load_experiment
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.source import kept_source
from tui_lab.training.program import Program


def made_of(run: RunDirectory) -> tuple[Experiment, type[Program]]:
    """The experiment that a run is of, and its program; where it came from a person's file, the
    file as it was when the run was made. Raises `ExperimentError` or `RunError`."""
    request = run.request()
    if not request.plugin:
        return load_experiment(request.experiment), program_class(request.program)
    path = Path(request.plugin)
    module = import_file(path, kept_source(run.path, request) if request.sha256 else None)
    experiment = declared_in(module, str(path))
    if request.declaration is not None and loads(dumps(to_json(experiment))) != request.declaration:
        raise ExperimentError(
            f"{path} declares something else than when the lab was opened on it; open it again."
        )
    return experiment, program_class(request.program, module)


def program_class(reference: str, own: ModuleType | None = None) -> type[Program]:
    """The program that a declaration names as `module:Class`; raises `ExperimentError`. In a
    person's file, the module `own`, that may be its name, or one that it had before."""
    module, _, name = reference.partition(":")
    found = _named(module, name, own)
    if not (isinstance(found, type) and issubclass(found, Program)):
        file = f"{own.__file__}: " if own is not None else ""
        raise ExperimentError(f"{file}{reference} is not a Program: class {name}(Program) is one.")
    return found


def _named(module: str, name: str, own: ModuleType | None) -> Any:
    where = Path(str(own.__file__)) if own is not None else None
    if own is not None and where is not None and module in (where.stem, own.__name__):
        return _class_in(own, name, where.name)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        if own is not None and hasattr(own, name):
            return getattr(own, name)
        hint = f"; program is {where.stem}:Class in {where.name}" if where is not None else ""
        raise ExperimentError(f"{module}:{name} can't be loaded: {error}{hint}.") from error


def _class_in(own: ModuleType, name: str, file: str) -> Any:
    if hasattr(own, name):
        return getattr(own, name)
    classes = {n: v for n, v in vars(own).items() if isinstance(v, type) and v is not Program}
    programs = [n for n, v in classes.items() if issubclass(v, Program)]
    near = difflib.get_close_matches(name, programs, n=1, cutoff=0.0)
    hint = f"; did you mean {near[0]}?" if near else ", nor any other: class Name(Program) is one."
    raise ExperimentError(f"{file} has no class {name!r} for its program{hint}")
