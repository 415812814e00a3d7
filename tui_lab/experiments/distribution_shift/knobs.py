"""The knobs of `distribution-shift`; each says which kind of shift it belongs to."""

from __future__ import annotations

from tui_lab.conditions import among, unless
from tui_lab.hyperparameters import Choice, Float, Hyperparameter, Int, Vector

_COVARIATE = among("shift", "covariate")
_LABEL = among("shift", "label")
_CONCEPT = among("shift", "concept")
KNOBS: tuple[Hyperparameter, ...] = (
    Choice(
        "shift",
        ("covariate", "label", "concept"),
        help="What changes between training and use: the inputs p(x), the share of each class "
        "p(y), or what an input means, p(y|x).",
    ),
    Int(
        "examples",
        symbol="n",
        default=500,
        low=20,
        high=2000,
        log=True,
        help="Labelled examples to train on; label shift takes as many again for the confusion "
        "matrix.",
    ),
    Int(
        "target_examples",
        default=500,
        low=20,
        high=2000,
        log=True,
        help="Examples of the target, unlabelled for all corrections; of each period in concept "
        "shift, where they have labels.",
    ),
    Float(
        "noise",
        symbol="σ",
        default=0.2,
        low=0.0,
        high=10.0,
        log=True,
        help="Covariate shift: standard deviation of the noise of labels. Concept shift: of the "
        "noise on the score that decides the class.",
        only_if=among("shift", "covariate", "concept"),
    ),
    Float(
        "mean_shift",
        default=1.5,
        low=-5.0,
        high=5.0,
        step=0.5,
        help="Covariate shift: mean of the target's inputs; those to train on are N(0, 1).",
        only_if=_COVARIATE,
    ),
    Float(
        "scale_shift",
        default=0.5,
        low=0.1,
        high=3.0,
        step=0.1,
        help="Covariate shift: standard deviation of the target's inputs.",
        only_if=_COVARIATE,
    ),
    Float(
        "curvature",
        default=-0.8,
        low=-3.0,
        high=3.0,
        step=0.2,
        help="Covariate shift: how far the true law y = x + curvature·x²/2 is from a line.",
        only_if=_COVARIATE,
    ),
    Int(
        "degree",
        default=1,
        low=0,
        high=5,
        step=1,
        help="Covariate shift: degree of the polynomial that is fitted; from 2 on it can be the "
        "true law.",
        only_if=_COVARIATE,
    ),
    Int(
        "ratio_degree",
        default=2,
        low=1,
        high=4,
        step=1,
        help="Covariate shift: degree of h in the weights exp(h(x)); log p/q of two Gaussians is "
        "of degree 2, or 1 when they are equally wide. A penalty of 1e-10·‖w‖²/2 keeps h finite.",
        only_if=_COVARIATE,
    ),
    Float(
        "clip",
        default=0.0,
        low=0.0,
        high=1000.0,
        log=True,
        smallest=0.1,
        help="Covariate shift: the largest weight an example may have, estimated or exact; 0 clips "
        "nothing.",
        only_if=_COVARIATE,
    ),
    Choice(
        "data",
        ("synthetic", "fashion-mnist"),
        help="Label shift: three Gaussian classes in a plane, or the ten classes of Fashion-MNIST "
        "as 7 × 7 means of pixels. The other shifts are synthetic.",
        only_if=_LABEL,
    ),
    Float(
        "separation",
        default=2.0,
        low=0.0,
        high=10.0,
        step=0.5,
        help="Label shift on synthetic data: distance between the centres of any two classes, in "
        "standard deviations.",
        only_if=(*_LABEL, *among("data", "synthetic")),
    ),
    Vector(
        "source_shares",
        default=(1.0,),
        low=0.01,
        high=100.0,
        longest=10,
        help="Label shift: how common each class is in the source, up to a factor; classes beyond "
        "the list are as common as the last in it.",
        only_if=_LABEL,
    ),
    Vector(
        "target_shares",
        default=(7.0, 2.0, 1.0),
        low=0.0,
        high=100.0,
        longest=10,
        help="Label shift: the same for the target, where a class may be missing (0).",
        only_if=_LABEL,
    ),
    Float(
        "angle",
        symbol="θ",
        default=90.0,
        low=0.0,
        high=180.0,
        step=15.0,
        help="Concept shift: degrees by which the line between the classes turns in the end.",
        only_if=_CONCEPT,
    ),
    Int(
        "periods",
        default=18,
        low=1,
        high=60,
        step=6,
        help="Concept shift: in how many equal steps it turns; each brings new examples.",
        only_if=_CONCEPT,
    ),
    Int(
        "updates",
        default=5,
        low=0,
        high=100,
        log=True,
        help="Concept shift: gradient steps that the updated model takes on each period's "
        "examples.",
        only_if=_CONCEPT,
    ),
    Float(
        "lr",
        default=1.0,
        low=1e-3,
        high=100.0,
        log=True,
        help="Concept shift: learning rate of these steps.",
        only_if=(*_CONCEPT, *unless("updates", 0)),
    ),
)
