"""Protects boosting and stacking: weights and votes against numpy, each model's steps against
torch, and the bands of what is to be seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from tests.experiments.driver import evaluate
from tests.experiments.overfitting_driver import assert_same, train_beside, twin
from tests.experiments.test_overfitting import TINY, built, epoch, tiny, trained
from tui_lab.experiments.overfitting.boosting import Boosting
from tui_lab.experiments.overfitting.program import Overfitting
from tui_lab.experiments.overfitting.stacking import mixture

Array = npt.NDArray[np.float64]
CPU = torch.device("cpu")


def samme(wrongs: list[Array], classes: int) -> tuple[Array, list[float]]:
    """Weights after all these models, adding up to 1, and their alphas: the algorithm of Zhu et
    al., 2009, as it stands there."""
    weights = np.full(len(wrongs[0]), 1 / len(wrongs[0]))
    alphas = []
    for wrong in wrongs:
        error = float(weights @ wrong) / weights.sum()
        alphas.append(np.log((1 - error) / error) + np.log(classes - 1))
        weights = weights * np.exp(alphas[-1] * wrong)
        weights /= weights.sum()
    return weights, alphas


def test_boosting_is_samme() -> None:
    chance = np.random.default_rng(0)
    wrongs = [(chance.random(200) < share).astype(float) for share in (0.3, 0.4, 0.2, 0.35)]
    boosting = Boosting(4, 200, 10, CPU)
    for wrong in wrongs[:3]:
        boosting.next_model(torch.from_numpy(wrong))
    weights, alphas = samme(wrongs[:3], 10)
    np.testing.assert_allclose(boosting.current, weights * 200, rtol=1e-9)
    np.testing.assert_allclose(boosting.alphas[:3], alphas, rtol=1e-9)
    alphas = samme(wrongs, 10)[1]
    votes = boosting.votes(torch.from_numpy(wrongs[3]))
    np.testing.assert_allclose(votes, np.array(alphas) / sum(alphas), rtol=1e-9)


def test_a_model_that_guesses_has_no_say_and_one_without_mistakes_a_finite_one() -> None:
    boosting = Boosting(3, 100, 10, CPU)
    guessed = torch.arange(100) >= 5
    assert boosting.votes(guessed.double()).tolist() == [1, 0, 0]
    boosting.next_model(guessed.double())
    assert boosting.alphas[0] == 0
    assert torch.equal(boosting.current, torch.ones(100, dtype=torch.float64))
    boosting.next_model(torch.zeros(100, dtype=torch.float64))
    assert boosting.alphas[1] == pytest.approx(np.log(1e6 - 1) + np.log(9))


def predictions(program: Overfitting, member: int) -> torch.Tensor:
    """What one model takes the training images for."""
    (W1, b1), (W2, b2) = [(W[member], b[member]) for W, b in program.layers]
    hidden = torch.relu(program._data.train.X @ W1 + b1)
    return (hidden @ W2 + b2).argmax(1)


def test_what_the_first_model_gets_wrong_weighs_more_for_the_second() -> None:
    program = built(**TINY, remedy="boosting")
    epoch(program)
    y = program._data.train.y
    wrong = (predictions(program, 1) != y).double().numpy()
    weights, alphas = samme([wrong], 10)
    assert program.boosting is not None
    np.testing.assert_allclose(program.boosting.weights[2], weights * len(y), rtol=1e-9)
    assert program.boosting.alphas[0].item() == pytest.approx(alphas[0])
    assert not program.boosting.weights[[1, 3]].any()
    second = (predictions(program, 2) != y).double().numpy()
    shares = np.maximum(np.array([*samme([wrong, second], 10)[1], 0]), [0, 1e-6, 0])
    evaluate(program)
    program.measured = {}
    measured = evaluate(program)
    np.testing.assert_allclose(program.votes, shares / shares.sum(), rtol=1e-9)
    wrongly = (y != program._data.true).double().numpy()
    assert measured["train/weight_of_wrong"] == pytest.approx(weights @ wrongly)


def test_boosting_trains_one_model_at_a_time_on_weighted_images() -> None:
    program = built(**TINY, remedy="boosting")
    epoch(program)
    assert program.boosting is not None
    counted = program.boosting.current.float()
    before = [p.detach().clone() for p in program.parameters().values()]
    pair = twin(program, 2)
    train_beside(program, pair, counted=counted)
    assert_same(program, pair, 2)
    for old, new in zip(before, program.parameters().values(), strict=True):
        assert torch.equal(old[[1, 3]], new[[1, 3]])
        assert not torch.equal(old[0], new[0])


def test_the_model_beside_an_ensemble_is_the_one_without_a_remedy() -> None:
    for remedy in ("boosting", "stacking"):
        single = tiny(remedy=remedy)[1][-1]["test/accuracy_single"]
        assert single == pytest.approx(tiny()[1][-1]["test/accuracy"], abs=0.05)


@pytest.mark.parametrize("member", [0, 1, 2, 3])
def test_stackings_models_differ_in_weight_decay(member: int) -> None:
    """None beside the ensemble, then 0, λ/2 and λ."""
    program = built(**TINY, remedy="stacking", weight_decay=0.8)
    decay = [0.0, 0.0, 0.4, 0.8][member]
    pair = twin(program, member)
    train_beside(program, pair, decay)
    assert_same(program, pair, member)


def test_a_mixture_is_the_likeliest_one() -> None:
    """Σ w·p(y) can't be made likelier: its slope is 1 for who has votes, and less for the rest."""
    chance = np.random.default_rng(1)
    logits = chance.normal(size=(4, 300, 10)) * np.array([2.0, 1.0, 0.5, 3.0])[:, None, None]
    y = chance.integers(10, size=300)
    logits[0, np.arange(300), y] += 2
    logits[1, np.arange(300), y] += 1
    p = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
    w = mixture(torch.log_softmax(torch.from_numpy(logits), 2), torch.from_numpy(y)).numpy()
    said = p[:, np.arange(300), y]
    slope = (said / (w @ said)).mean(1)
    assert w.sum() == pytest.approx(1)
    assert (w >= 0).all()
    np.testing.assert_allclose(slope[w > 0.01], 1, atol=1e-3)
    assert (slope < 1 + 1e-3).all()
    best = np.log(w @ said).mean()
    for other in chance.dirichlet(np.ones(4), 2000):
        assert np.log(other @ said).mean() <= best + 1e-6


def test_votes_are_drawn_for_ensembles_alone() -> None:
    assert tiny()[0].pictures()["votes"] == {}
    for remedy in ("bagging", "boosting", "stacking"):
        bars = tiny(remedy=remedy)[0].pictures()["votes"]["bars"]
        assert bars["labels"] == ["1", "2", "3"]
        assert sum(bars["values"]) == pytest.approx(1)
    assert tiny(remedy="bagging")[0].votes.tolist() == pytest.approx([1 / 3] * 3)


def test_boosting_runs_after_the_wrong_labels() -> None:
    first, *_, last = trained(remedy="boosting")
    assert first["train/weight_of_wrong"] == pytest.approx(0.36, abs=0.04)
    assert last["train/weight_of_wrong"] > 0.5
    assert last["test/loss"] > trained(remedy="boosting")[7]["test/loss"]


def test_boosting_makes_weak_models_strong() -> None:
    history = trained(remedy="boosting", hidden="3", label_noise=0.0)
    assert history[-1]["test/accuracy"] > history[7]["test/accuracy"] + 0.05


def test_stacking_listens_to_the_most_decayed() -> None:
    last = trained(remedy="stacking")[-1]
    assert last["test/accuracy"] > last["test/accuracy_single"] + 0.03
    assert last["test/brier"] == pytest.approx(
        last["test/brier_members"] - last["test/brier_spread"]
    )


@pytest.mark.parametrize(
    ("models", "epochs", "stages"), [(2, 5, [0, 0, 1, 1, 1]), (3, 7, [0, 0, 1, 1, 2, 2, 2])]
)
def test_each_model_is_trained_for_its_share_of_the_epochs(
    models: int, epochs: int, stages: list[int]
) -> None:
    program = built(**{**TINY, "remedy": "boosting", "models": models, "epochs": epochs})
    assert program.boosting is not None
    seen = []
    for _ in range(epochs):
        epoch(program)
        seen.append(program.boosting.stage)
    assert seen == stages
