"""Defaults that a choice brings along, for the knobs that stand at a default."""

from __future__ import annotations

from collections.abc import Mapping

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value


def companions(experiment: Experiment, name: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """What `values`, in which `name` has just been chosen, make of the others.

    A person's own value of another stays; one that was a default, of whatever choice, follows.
    """
    known = [others for (choice, _), others in experiment.companions.items() if choice == name]
    defaults = experiment.defaults_with({name: values[name]})
    brought = {}
    for other in dict.fromkeys(key for others in known for key in others):
        usual = {experiment.defaults[other], *(o[other] for o in known if other in o)}
        if values[other] in usual and values[other] != defaults[other]:
            brought[other] = defaults[other]
    return brought
