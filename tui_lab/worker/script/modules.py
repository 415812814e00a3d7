"""What a script trains: the modules that own its optimizers' parameters, and names for them all."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from tui_lab.worker.script.places import own_frames

_WRAPPERS = ("module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module")
"""What wrappers of a module call the one that they wrap."""


class Found:
    """The modules, parameters and optimizers of a script, under the names that it gives them."""

    def __init__(
        self,
        optimizers: Iterable[Optimizer],
        frame: Any,
        watched: Mapping[str, nn.Module] | None = None,
        leaves: Iterable[Tensor] = (),
    ) -> None:
        """`frame` is where the script stands: its variables, and those around it, give names, but
        for the modules that it has named itself, `watched`. `leaves` are what a loss hangs on, for
        a script that has no optimizer."""
        named = {id(module): name for name, module in (watched or {}).items()}
        variables = dict(_variables(frame)) | named
        made = [each for each in optimizers if each.param_groups]
        self.optimizers = dict(_called(made, variables))
        """Those that update something."""
        trained = {id(p): p for each in made for g in each.param_groups for p in g["params"]}
        trained = trained or {id(leaf): leaf for leaf in leaves}
        roots = [*_roots(trained), *(watched or {}).values()]
        self.modules = dict(_called(_outermost(roots), variables))
        """The outermost modules that own what is trained, and those that are watched."""
        self.parameters = _parameters(trained, self.modules, variables)
        """What is trained."""

    def dropouts(self) -> Iterator[tuple[str, nn.Module]]:
        """Modules that drop, by their dotted names."""
        for module, name in _submodules(self.modules):
            if isinstance(getattr(module, "p", None), float) and "Dropout" in type(module).__name__:
                yield name, module

    def layers(self) -> dict[str, list[Tensor]]:
        """Parameters by the module that owns them."""
        layers: dict[str, list[Tensor]] = {}
        for name, parameter in self.parameters.items():
            layers.setdefault(name.rpartition(".")[0] or name, []).append(parameter)
        return layers


def _parameters(
    trained: Mapping[int, Tensor], modules: Mapping[str, nn.Module], variables: Mapping[int, str]
) -> dict[str, Tensor]:
    names: dict[int, str] = {}
    for root, module in modules.items():
        prefix = f"{root}." if len(modules) > 1 else ""
        for name, owned in module.named_parameters():
            names.setdefault(id(owned), prefix + _unwrapped(name))
    named: dict[str, Tensor] = {}
    for number, (key, parameter) in enumerate(trained.items()):
        name = names.get(key) or variables.get(key) or f"parameter {number}"
        named[name if name not in named else f"{name} ({number})"] = parameter
    return named


def _roots(trained: Mapping[int, Tensor]) -> list[nn.Module]:
    """The outermost of all modules alive that own any of these."""
    owners = [
        module
        for module in gc.get_objects()
        if issubclass(type(module), nn.Module)
        and "_parameters" in vars(module)
        and any(id(parameter) in trained for parameter in module.parameters())
    ]
    return _outermost(owners)


def _outermost(modules: Iterable[nn.Module]) -> list[nn.Module]:
    """Those that lie in no other, each once."""
    found = {id(module): module for module in modules}
    inner = {id(child) for m in found.values() for child in m.modules() if child is not m}
    return [module for key, module in found.items() if key not in inner]


def _submodules(modules: Mapping[str, nn.Module]) -> Iterator[tuple[nn.Module, str]]:
    for root, module in modules.items():
        for name, child in module.named_modules():
            full = ".".join(filter(None, (root if len(modules) > 1 else "", _unwrapped(name))))
            yield child, full or root


def _called(found: Iterable[Any], variables: Mapping[int, str]) -> Iterator[tuple[str, Any]]:
    """Each under the name of its variable, else that of its class; numbered where it is taken."""
    taken: set[str] = set()
    for each in found:
        name = variables.get(id(each)) or type(each).__name__.lower()
        number = 2
        while name in taken:
            name, number = f"{name.rstrip('0123456789')}{number}", number + 1
        taken.add(name)
        yield name, each


def _variables(frame: Any) -> Iterator[tuple[int, str]]:
    """The names of what a script's variables hold, the innermost last, so that they count."""
    scopes: list[Mapping[str, Any]] = []
    for each in own_frames(frame):
        scopes += [each.f_locals, each.f_globals]
    for scope in reversed(scopes):
        for name, value in scope.items():
            if isinstance(value, Tensor | nn.Module | Optimizer) and not name.startswith("_"):
                yield id(value), name
        holder = scope.get("self")
        for name, value in vars(holder).items() if hasattr(holder, "__dict__") else ():
            if isinstance(value, Tensor | nn.Module | Optimizer):
                yield id(value), name.lstrip("_")


def _unwrapped(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def device_of(parameters: Mapping[str, Tensor]) -> torch.device:
    """Where most of the training is: the device of the first parameter."""
    return next((parameter.device for parameter in parameters.values()), torch.device("cpu"))


def leaves_of(loss: Tensor) -> list[Tensor]:
    """The tensors at which a backward pass of `loss` leaves a gradient."""
    waiting, seen, found = [loss.grad_fn], set[Any](), list[Tensor]()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if isinstance(variable := getattr(node, "variable", None), Tensor):
            found.append(variable)
        waiting += [inner for inner, _ in reversed(node.next_functions)]
    return found
