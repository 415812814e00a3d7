"""`tui-lab tag`: write a name, a note or tags on runs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from tui_lab.annotation import Annotation, split_tags
from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.searching import add_runs, find_runs
from tui_lab.commandline.selection import catalogue
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import RunError, UsageError
from tui_lab.runs.annotations import annotate, read_annotation
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.annotated import written_on
from tui_lab.view_models.plain_text import plain


def configure(parser: Parser) -> None:
    """Declares RUN…, +TAG, -TAG, `--where`, `--name` and `--note`."""
    add_runs(parser)
    parser.take_signed_words()
    parser.usage = (
        "tui-lab tag [RUN ...] [--where QUERY] [+TAG ...] [-TAG ...] [--name NAME] [--note TEXT]"
    )
    parser.add_argument("--name", metavar="NAME", help="what the run is called; '' for nothing")
    parser.add_argument("--note", metavar="TEXT", help="what to remember of it; '' for nothing")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Writes on each of the runs, live or not, and prints what stands there now."""
    words = [word.strip() for word in arguments.runs]
    add, remove = _signed(words, "+"), _signed(words, "-")
    names = [word for word in words if word[:1] not in ("+", "-")]
    runs = find_runs(names, arguments.where, catalogue(), "tag")
    if arguments.name and len(runs) > 1:
        raise UsageError(f"{len(runs):,} runs can't have one name; give each its own, or +TAG.")
    Annotation().changed(name=arguments.name, note=arguments.note, add=add)  # before any is written
    given = {"name": arguments.name, "note": arguments.note, "add": add, "remove": remove}
    failed = [run for run in runs if not _is_written(run, console, **given)]
    return ExitStatus.FAILED if failed else ExitStatus.FINISHED


def _is_written(run: RunDirectory, console: Console, **given: object) -> bool:
    changes = {key: value for key, value in given.items() if value}
    changes |= {key: "" for key in ("name", "note") if given[key] == ""}
    try:
        run.request()  # nothing is written on what is no run
        now = annotate(run.path, **changes) if changes else read_annotation(run.path)  # type: ignore[arg-type]
    except RunError as error:
        console.say(str(error))
        return False
    said = "  ".join((*written_on(now), *([plain(now.note)] if now.note else [])))
    console.print(f"{run.id}  {said}".rstrip())
    return True


def _signed(words: Sequence[str], sign: str) -> list[str]:
    """The tags that are given with this sign."""
    return [tag for word in words if word.startswith(sign) for tag in split_tags(word[1:])]


TAG = Subcommand("tag", "write a name, a note or tags on runs", configure, execute)
