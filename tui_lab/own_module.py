"""The module in a person's own Python file, imported so that it stands in nobody's way.

It has the file's name where that is free, and `own_NAME` where Python or a package has it: a file
`random.py` never takes the place of `random`. What lies beside the file can be imported by its
name, and relative to it where the directory is a package; what Python, torch, numpy and the lab
bring themselves is never found there.
"""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

import tui_lab

_LAB = str(Path(tui_lab.__file__).parent)
_PROTECTED = frozenset({*sys.stdlib_module_names, "torch", "numpy", "safetensors", "tui_lab"})


def import_file(path: Path, text: bytes | None = None) -> ModuleType:
    """The module in a file, or in this `text` as if it stood there. Raises whatever it raises."""
    text = path.read_bytes() if text is None else text
    _find_beside(path.parent)
    package = _package(path.parent)
    name = f"{package}.{path.stem}" if package else _free_name(path.stem, path)
    loader = _TextLoader(name, str(path), text)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise ImportError(f"{path} is not a Python file")
    lines = loader.get_source(name).splitlines(keepends=True)
    linecache.cache[str(path)] = (len(text), None, lines, str(path))
    return _executed(spec)


def beside(directory: Path) -> list[Path]:
    """The files of a person's own in a directory, and below it, that were imported."""
    files = [f for m in list(sys.modules.values()) if (f := getattr(m, "__file__", None))]
    return sorted({Path(file) for file in files if is_own(file, directory)})


def is_own(file: str, directory: Path) -> bool:
    """Whether a file in a directory is a person's own: what is installed may lie below it."""
    if not Path(file).is_relative_to(directory):
        return False
    return "site-packages" not in file and not file.startswith((sys.prefix, _LAB))


class _TextLoader(SourceFileLoader):
    """Loads a text, and keeps no compiled one: that is told from its source by the clock."""

    def __init__(self, name: str, path: str, text: bytes) -> None:
        super().__init__(name, path)
        self._text = text

    def get_data(self, path: str) -> bytes:
        return self._text

    def get_code(self, fullname: str) -> object:  # type: ignore[override]
        return self.source_to_code(self._text, self.path)

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self._text)


class _Beside(MetaPathFinder):
    """Finds the modules in a directory before those of installed packages."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or fullname in _PROTECTED:
            return None
        found = PathFinder.find_spec(fullname, [self.directory])
        return found if found is not None and found.loader is not None else None


def _find_beside(directory: Path) -> None:
    known = [finder.directory for finder in sys.meta_path if isinstance(finder, _Beside)]
    if str(directory) not in known:
        place = next((n for n, f in enumerate(sys.meta_path) if f is PathFinder), 0)
        sys.meta_path.insert(place, _Beside(str(directory)))
        sys.path.append(str(directory))  # a plain directory of modules comes after any package


def _package(directory: Path) -> str:
    """The package that a directory is, imported; empty where it is none."""
    if not (directory / "__init__.py").is_file():
        return ""
    if above := _package(directory.parent):
        name = f"{above}.{directory.name}"
        importlib.import_module(name)
        return name
    init = directory / "__init__.py"
    name = _free_name(directory.name, init)
    if name not in sys.modules:
        inside = [str(directory)]
        spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=inside)
        assert spec is not None
        _executed(spec)
    return name


def _free_name(stem: str, path: Path) -> str:
    loaded = getattr(sys.modules.get(stem), "__file__", None)
    return stem if loaded == str(path) or not _is_taken(stem, path) else f"own_{stem}"


def _is_taken(stem: str, path: Path) -> bool:
    if "." in stem or stem in sys.modules:
        return True
    found = importlib.util.find_spec(stem)
    origin = getattr(found, "origin", None)
    return found is not None and origin is not None and Path(origin) != path


def _executed(spec: ModuleSpec) -> ModuleType:
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    assert spec.loader is not None
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module
