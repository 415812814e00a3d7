"""A hyperparameter is found by its name in any case, its symbol or a common name; what may mean
several is refused."""

from __future__ import annotations

import pytest

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.names import called, other_names
from tui_lab.plugins import experiment_names, load_experiment

EXPERIMENTS = tuple(map(load_experiment, experiment_names()))


@pytest.mark.parametrize(
    ("experiment", "word", "name"),
    [
        ("weight-decay", "weight_decay", "weight_decay"),
        ("weight-decay", "λ", "weight_decay"),
        ("weight-decay", "Λ", "weight_decay"),
        ("weight-decay", "lambda", "weight_decay"),
        ("weight-decay", "wd", "weight_decay"),
        ("weight-decay", "WD", "weight_decay"),
        ("weight-decay", "weight-decay", "weight_decay"),
        ("weight-decay", "LR", "lr"),
        ("weight-decay", "learning_rate", "lr"),
        ("weight-decay", "sigma", "noise"),
        ("mlp", "bs", "batch_size"),
        ("mlp", "Batch-Size", "batch_size"),
        ("dropout", "p₂", "p2"),
        ("dropout", "P2", "p2"),
        ("overfitting", "p", "p"),
        ("overfitting", "P", "p"),
        ("overfitting", "k", "models"),
        ("gradient-accumulation", "k", "micro_batches"),
        ("gradient-accumulation", "n", "batch_size"),
        # A name stands before another one's symbol.
        ("gradient-flow", "sigma", "sigma"),
        ("penalties", "λ", "strength"),
        ("penalties", "wd", "strength"),
        ("bayes", "tau", "tau"),
        ("bayes", "lambda", "strength"),
    ],
)
def test_a_person_may_call_it_otherwise(experiment: str, word: str, name: str) -> None:
    assert load_experiment(experiment).named(word).name == name


@pytest.mark.parametrize(
    ("experiment", "word", "sentence"),
    [
        (
            "lambda-sweep",
            "λ",
            "λ may be lambda_low or lambda_high; write the one you mean.",
        ),
        ("dropout", "p", "p may be p1 or p2; write the one you mean."),
        ("dropout", "Dropout", "Dropout may be p1 or p2; write the one you mean."),
        (
            "weight-decay",
            "leraning_rate",
            "weight-decay has no hyperparameter 'leraning_rate'; it has implementation, loss, "
            "weight_decay, lr, batch_size, epochs, train_examples, test_examples, "
            "validation_examples, inputs, noise, init_sd, bias_init, decay_bias.",
        ),
        ("weight-decay", "", "weight-decay has no hyperparameter ''; it has implementation"),
    ],
)
def test_what_means_several_or_none_is_refused(experiment: str, word: str, sentence: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        load_experiment(experiment).named(word)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_a_name_is_never_taken_by_another(experiment: Experiment) -> None:
    for hyperparameter in experiment.hyperparameters:
        assert experiment.named(hyperparameter.name) is hyperparameter
        assert experiment.named(hyperparameter.name.upper()) is hyperparameter


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_every_other_name_finds_its_own_or_says_between_which(experiment: Experiment) -> None:
    for hyperparameter in experiment.hyperparameters:
        for word in filter(None, (hyperparameter.symbol, *other_names(hyperparameter))):
            meant = called(experiment.hyperparameters, word)
            # A name of one may be what another is really called.
            assert hyperparameter in meant or meant[0].name == word
