"""`tui-lab list`: the experiments and all they declare."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tui_lab.chapters import by_chapter
from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commandline.table import wrapped
from tui_lab.errors import ExperimentError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameter
from tui_lab.plugins import load_experiments

_DOMAIN = ("low", "high", "log", "step", "choices", "longest", "whole")
"""Attributes of a hyperparameter's domain, present or null in JSON."""


def configure(parser: Parser) -> None:
    """Declares `--json`."""
    parser.ask_for_json("every declaration")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Prints the experiments; a broken one is a sentence on stderr and nothing worse."""
    loaded = list(load_experiments())
    for error in loaded:
        if isinstance(error, ExperimentError):
            console.say(str(error))
    experiments = [found for found in loaded if isinstance(found, Experiment)]
    if arguments.json:
        console.print_json([declaration(experiment) for experiment in experiments])
    else:
        _print_chapters(experiments, console)
    return ExitStatus.FINISHED


def declaration(experiment: Experiment) -> dict[str, Any]:
    """An experiment's declaration as JSON."""
    return {
        "name": experiment.name,
        "title": experiment.title,
        "chapter": experiment.chapter,
        "summary": experiment.summary,
        "demonstration": experiment.demonstration,
        "hyperparameters": [_hyperparameter(h) for h in experiment.hyperparameters],
        "metrics": [vars(metric) for metric in experiment.metrics],
        "pictures": [
            {"kind": type(picture).__name__.lower(), "title": picture.title}
            for picture in experiment.pictures
        ],
        "presets": [
            {
                "name": preset.name,
                "title": preset.title,
                "values": experiment.to_json(preset.values),
            }
            for preset in experiment.presets
        ],
    }


def _hyperparameter(hyperparameter: Hyperparameter) -> dict[str, Any]:
    return {
        "kind": type(hyperparameter).__name__.lower(),
        "name": hyperparameter.name,
        "symbol": hyperparameter.symbol,
        "default": hyperparameter.to_json(hyperparameter.default),
        "live": hyperparameter.live,
        "help": hyperparameter.help,
        **{name: getattr(hyperparameter, name, None) for name in _DOMAIN},
    }


def _print_chapters(experiments: list[Experiment], console: Console) -> None:
    for chapter, members in by_chapter(experiments):
        console.print(chapter)
        for experiment in members:
            console.print(f"  {experiment.name}")
            console.print(wrapped(experiment.summary, indent="      ", width=console.columns))


LIST = Subcommand("list", "list the experiments", configure, execute)
