"""The three kinds of shift, each with what helps against it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from tui_lab.experiments.distribution_shift.concept import concept_shift
from tui_lab.experiments.distribution_shift.covariate import covariate_shift
from tui_lab.experiments.distribution_shift.label import label_shift
from tui_lab.training.program import Demonstration, Pictures


class DistributionShift(Demonstration):
    """Trains small models, whose answers are exact, on the source, and judges them on the target.

    They are fitted in double precision on the CPU, whatever device there is.
    """

    def build(self) -> None:
        match self.hp.shift:
            case "covariate":
                self._outcome = covariate_shift(self.hp, self.generator)
            case "label":
                self._outcome = label_shift(self.hp, self.generator, self.data_directory)
            case _:
                self._outcome = concept_shift(self.hp, self.generator)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return self._outcome.metrics

    def pictures(self) -> Pictures:
        return {
            title: {**{name: {} for name in layers}, **self._outcome.pictures.get(title, {})}
            for title, layers in _LAYERS.items()
        }


_SCATTERS = {
    "fit": ("points train", "points target", "line plain", "line weighted", "line truth"),
    "importance weights": ("points estimated", "line exact"),
    "classes": tuple(f"points class {j}" for j in range(3)),
    "boundary": ("points class 0", "points class 1", "line truth", "line plain", "line updated"),
    "accuracy and angle": ("points plain", "line expected of plain", "line updated"),
}
_LAYERS: Mapping[str, tuple[str, ...]] = {
    **_SCATTERS,
    "counted shares": ("bars",),
    "estimated shares": ("bars",),
    "confusion matrix": ("cells",),
    "plain and corrected": ("bars",),
    "side by side": ("table",),
}
"""Every layer of every picture: one that a kind of shift leaves out is empty, or the picture would
keep showing what was there for another."""
