"""A run as a file for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from tui_lab.errors import RunError, UsageError
from tui_lab.exchange.event_file import write_events
from tui_lab.exchange.formats import EVENTS, Exported, Options, format_of
from tui_lab.exchange.graphics.png import png
from tui_lab.exchange.graphics.shapes import Scene
from tui_lab.exchange.graphics.svg import svg
from tui_lab.exchange.model import export_model
from tui_lab.exchange.page import page_of
from tui_lab.exchange.pictures import scene_of, view_of
from tui_lab.exchange.rows import Measured
from tui_lab.exchange.tables import write_csv, write_jsonl, write_parquet
from tui_lab.run import is_run_id
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.replacement import replacing

_TABLES: Mapping[str, Callable[[Measured, BinaryIO], None]] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
    ".parquet": write_parquet,
    EVENTS: write_events,
}
PLAIN = Options()
_OF_A_RUN = ("run.json", "events.jsonl", "study.json", "population.json")


def export_run(directory: RunDirectory, to: Path, options: Options = PLAIN) -> Exported:
    """Write a run to `to`, whose suffix says the format: its measurements as rows in the order that
    `Measured` gives them, one of its pictures, or what it trained.

    Directories that lead to a file that is named after its run are made. Raises `UsageError` for
    another suffix, or a place inside a run's directory, `RunError` when `to` can't be written.
    """
    suffix = format_of(to)
    _check_place(to)
    with _directories(to, directory.id):
        if suffix in (".safetensors", ".pt"):
            return Exported(export_model(directory, to, options.which, named=options.named))
        if suffix == ".html":
            view = view_of(directory)
            content = page_of(directory, view).encode()
            with written(to) as file:
                file.write(content)
            return Exported(f"Wrote {to}.", view.damage)
        if suffix in (".svg", ".png"):
            view = view_of(directory)
            scene = scene_of(view, options.picture, options.size)
            return replace(export_scene(scene, to, dark=options.dark), damage=view.damage)
        measured = Measured(directory, timed=options.timed)
        with written(to) as file:
            _TABLES[suffix](measured, file)
        return Exported(f"Wrote {to}.", measured.damage)


def export_scene(scene: Scene, to: Path, *, dark: bool = False) -> Exported:
    """Write a picture that is laid out to an .svg or a .png; raises `RunError`, and `UsageError`
    where Pillow is missing."""
    if format_of(to) == ".png":
        content = png(scene, "dark" if dark else "light")
    else:
        content = svg(scene).encode()
    with written(to) as file:
        file.write(content)
    return Exported(f"Wrote {to}: {scene.title}.")


@contextmanager
def written(to: Path) -> Iterator[BinaryIO]:
    """A new file at `to`, whole or not at all; raises `UsageError` for a place inside a run's
    directory, `RunError` when it can't be written."""
    _check_place(to)
    try:
        with replacing(to, mode=0o666) as file:
            yield file
    except OSError as error:
        raise RunError(f"{to} can't be written ({error.strerror or error}).") from error


def _check_place(to: Path) -> None:
    """Raises `UsageError` for what would stand among the files that a run or a study is made of, or
    take the place of one."""
    for parent in to.absolute().parent.resolve().joinpath(to.name).parents:
        known = any((parent / name).exists() for name in _OF_A_RUN)
        if is_run_id(parent.name) and known:
            raise UsageError(f"{to} lies in the directory of {parent.name}; write it elsewhere.")


@contextmanager
def _directories(to: Path, run_id: str) -> Iterator[None]:
    """Those that a file named after its run needs, gone again where nothing came of it."""
    made = [each for each in to.parents if not each.exists()] if run_id in to.name else []
    try:
        if made:
            to.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise RunError(f"{to} can't be written ({error.strerror or error}).") from error
    finally:
        for each in made:
            with suppress(OSError):  # it is not empty: all is well
                each.rmdir()
