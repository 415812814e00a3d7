"""What `--help` says about an experiment, derived from its declaration."""

from __future__ import annotations

from tui_lab.commandline.table import wrapped
from tui_lab.experiment import Experiment, Preset
from tui_lab.hyperparameters import Hyperparameter
from tui_lab.names import other_names


def experiment_help(experiment: Experiment, width: int) -> str:
    """Title, summary, every hyperparameter and every preset."""
    sections = [
        f"{experiment.title} ({experiment.chapter})",
        wrapped(experiment.summary, indent="  ", width=width),
        "\nhyperparameters, given as name=value (default; live: also while it runs):",
    ]
    for heading, group in experiment.groups():
        sections += [f"\n{heading}:"] if heading else []
        sections += [_hyperparameter(h, width) for h in group]
    if experiment.presets:
        sections.append("\npresets, given as --preset NAME:")
        sections += [_preset(experiment, preset, width) for preset in experiment.presets]
    return "\n".join(sections)


def _hyperparameter(hyperparameter: Hyperparameter, width: int) -> str:
    """One line of facts, one of help."""
    facts = [
        f"{hyperparameter.name}={hyperparameter.format(hyperparameter.default)}",
        *([hyperparameter.symbol] if hyperparameter.symbol else []),
        *([f"also {', '.join(others)}"] if (others := other_names(hyperparameter)) else []),
        hyperparameter.domain,
        *(["live"] if hyperparameter.live else []),
    ]
    lines = [wrapped("; ".join(facts), indent="  ", width=width)]
    if hyperparameter.help:
        lines.append(wrapped(hyperparameter.help, indent="      ", width=width))
    return "\n".join(lines)


def _preset(experiment: Experiment, preset: Preset, width: int) -> str:
    """One line of values, one of what they are for."""
    first = f"{preset.name}: {assignments(experiment, preset) or 'the defaults'}"
    lines = [wrapped(first, indent="  ", width=width)]
    return "\n".join([*lines, wrapped(preset.title, indent="      ", width=width)])


def assignments(experiment: Experiment, preset: Preset) -> str:
    """A preset's values as they would be typed."""
    values = preset.values.items()
    return " ".join(f"{name}={experiment[name].format(value)}" for name, value in values)
