"""The text of a file whose experiment is another one, with the source of its step to be changed.

The original's program is read as text: nothing of it is imported, and torch is not.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from string import Template
from textwrap import indent

from tui_lab.errors import UsageError
from tui_lab.experiment import Experiment

_FILE = '''"""$original, with a step of your own: change it below. It runs as it is.

    tui-lab $file        opens it
    tui-lab run $file    trains without a screen
    tui-lab check $file  says what is wrong with it, if anything is

What is not here is the original's; a method that is written here takes its place.
"""

from __future__ import annotations

$imports

# The same knobs, metrics and pictures; replace(...) takes others, such as presets=().
EXPERIMENT = replace(
    load_experiment("$origin"),
    name="$experiment",
    title="$title",
    chapter="My own",
    program="$name:Mine",
)
'''
_ONE = '''

class Mine(program.$of):
    """The original with another step."""

$step
'''
_CHOICE = '''

class Mine(program.$of):
    """Makes the one below that belongs to what the original makes of the hyperparameters."""

    def __new__(cls, hyperparameters: Mapping[str, Any], **_: Any) -> Mine:
        original = program.$of.__new__(program.$of, hyperparameters)
        return object.__new__(MINE[type(original)])
'''
_CHOSEN = '''

class $of(Mine, program.$of):
    """The original's $of with another step."""

$step
'''


def derived(experiment: Experiment, words: Mapping[str, str]) -> str:
    """A module with `experiment` under another name, as `words` say it: `name`, `file`,
    `experiment`, `title`, and the `origin` that the original is loaded by.

    Raises `UsageError` for a demonstration, or where the source of its program is not there.
    """
    if experiment.demonstration:
        raise UsageError(f"{experiment.name} is a demonstration: it has no step to change.")
    module, _, chosen = experiment.program.partition(":")
    source = _Source(module)
    stepping = source.stepping(chosen)
    is_choice = source.chooses(chosen)
    imports = source.imports(stepping, is_choice=is_choice)
    head = Template(_FILE).substitute(words, original=experiment.title, imports=imports)
    if not is_choice:
        return head + Template(_ONE).substitute(of=chosen, step=source.step(stepping[0]))
    parts = [Template(_CHOSEN).substitute(of=e.name, step=source.step(e)) for e in stepping]
    table = ", ".join(f"program.{each.name}: {each.name}" for each in stepping)
    choice = Template(_CHOICE).substitute(of=chosen)
    return "".join([head, choice, *parts, f"\n\nMINE = {{{table}}}\n"])


class _Source:
    """The text of a program's module."""

    def __init__(self, module: str) -> None:
        spec = find_spec(module)
        if spec is None or spec.origin is None or not Path(spec.origin).is_file():
            raise UsageError(f"{module} has no source to copy a step from.")
        self._module = module
        self._text = Path(spec.origin).read_text("utf-8")
        self._tree = ast.parse(self._text)

    def stepping(self, chosen: str) -> list[ast.ClassDef]:
        """The classes that have a step of their own: all where `chosen` makes one of several, else
        itself or the one it has its step from. Raises `UsageError` where that can't be told."""
        stepping = [each for each in self._classes() if _method(each, "step")]
        if not self.chooses(chosen):
            stepping = [each for each in stepping if each.name == chosen] or stepping
            if len(stepping) > 1:
                stepping = []
        if not stepping:
            raise UsageError(f"{self._module} does not show the step of {chosen}; write one anew.")
        return stepping

    def chooses(self, name: str) -> bool:
        """Whether a class makes an object of another."""
        return any(_method(each, "__new__") for each in self._classes() if each.name == name)

    def _classes(self) -> list[ast.ClassDef]:
        return [node for node in self._tree.body if isinstance(node, ast.ClassDef)]

    def step(self, owner: ast.ClassDef) -> str:
        """The lines of its step, as they stand in a class."""
        step = _method(owner, "step")
        assert step is not None
        return "\n".join(self._text.splitlines()[step.lineno - 1 : step.end_lineno])

    def imports(self, stepping: Iterable[ast.ClassDef], *, is_choice: bool) -> str:
        """What the steps and what is written around them need."""
        package, _, module = self._module.rpartition(".")
        needed = {
            (package, "program" if module == "program" else f"{module} as program"),
            ("dataclasses", "replace"),
            ("tui_lab.plugins", "load_experiment"),
        }
        if is_choice:
            needed |= {("collections.abc", "Mapping"), ("typing", "Any")}
        for owner in stepping:
            needed |= set(self._named(owner))
        return _written(needed)

    def _named(self, owner: ast.ClassDef) -> Iterator[tuple[str, str]]:
        """Where what a step names comes from: the module, and its name there."""
        step = _method(owner, "step")
        assert step is not None
        used = {node.id for node in ast.walk(step) if isinstance(node, ast.Name)}
        for node in self._tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
                yield from ((module, _name(a)) for a in node.names if _bound(a) in used)
            else:
                yield from ((self._module, name) for name in _defined(node) if name in used)


def _method(owner: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    methods = (n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == name)
    return next(methods, None)


def _name(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _bound(alias: ast.alias) -> str:
    """What a module calls what it imports."""
    return alias.asname or alias.name.partition(".")[0]


def _defined(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module gives."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _written(needed: Iterable[tuple[str, str]]) -> str:
    """Import statements: the standard library's, others', the lab's, a blank line between them."""
    of: dict[str, list[str]] = {}
    for module, name in sorted(needed):
        of.setdefault(module, []).append(name)
    statements = [(name.split()[0], f"import {name}") for name in of.pop("", [])]
    statements += [(module, _statement(module, names)) for module, names in of.items()]
    groups: dict[int, list[str]] = {}
    for module, statement in statements:
        groups.setdefault(_distance(module), []).append(statement)
    return "\n\n".join("\n".join(groups[distance]) for distance in sorted(groups))


def _statement(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 100:
        return line
    listed = indent(",\n".join(names), "    ")
    return f"from {module} import (\n{listed},\n)"


def _distance(module: str) -> int:
    top = module.partition(".")[0]
    return 0 if top in sys.stdlib_module_names else 2 if top == "tui_lab" else 1
