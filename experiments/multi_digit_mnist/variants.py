"""The variants: the source's, ours, and both with one option changed."""

import dataclasses

from experiments import harness
from experiments.multi_digit_mnist.config import FOLDER, Config

# Fields of all variants, except the source at its full size.
SHARED = {"epochs": 8, "ema_half_life": 5_000.0}

# The source's layers, at a size and width for CPUs, with learning rates for a few
# thousand steps instead of 25,000.
_SOURCE = {
    "size": 64,
    "digit_size": 24,
    "width": 1 / 4,
    "generator_learning_rate": 2e-4,
    "discriminator_learning_rate": 2e-4,
}
# Each decision is about a single object or the background, and labels count as much as
# noise. The loss and the penalty are those of Huang et al. 2024 (R3GAN).
_OURS = _SOURCE | {
    "scene_width": 1 / 16,
    "object_size": 24,
    "placement": "anywhere",
    "smallest": 18,
    "largest": 30,
    "label_scale": 10.0,
    "joint": False,
    "blank": True,
    "conditioning": "projection",
    "dropout": 0.0,
    "batch_size": 16,
    "update": "simultaneous",
    "loss": "relativistic",
    "penalty": "r1(1)+r2(1)",
    "generator_learning_rate": 5e-4,
    "discriminator_learning_rate": 5e-4,
    "beta_1": 0.0,
    "beta_2": 0.99,
}
# The source's images, 128x128 with digits of 32x32; a step takes over twice as long.
_LARGE = {
    "size": 128,
    "digit_size": 32,
    "smallest": 24,
    "largest": 40,
    "object_size": 28,
}
_OPTIONS = {
    "drawn-labels": {"draw_labels": True},
    "mismatch": {"mismatch_weight": 0.25},
    "classifier": {"conditioning": "classifier"},
    "layout-image": {"layout_image": True},
    "merged": {"merge_convolutions": 2},
    "patterns": {"background": "patterns"},
}
_MORE = {
    "projection": {"conditioning": "projection"},
    "loud-labels": {"label_scale": 10.0},
    "apart": {"joint": False},
}
_LESS = {
    "input": {"conditioning": "input"},
    "quiet-labels": {"label_scale": 1.0},
    "joint": {"joint": True},
    "uncovered": {"blank": False},
    "grid": {"placement": "grid", "smallest": None, "largest": None},
    "cross-entropy": {"loss": "non_saturating", "penalty": None},
}

VARIANTS = {
    "source": _SOURCE,
    "ours": _OURS,
    "ours-128": _OURS | _LARGE,
    **{f"ours-{name}": _OURS | changes for name, changes in _LESS.items()},
    **{f"ours-{name}": _OURS | changes for name, changes in _OPTIONS.items()},
    **{f"source-{name}": _SOURCE | changes for name, changes in _MORE.items()},
    **{f"source-{name}": _SOURCE | changes for name, changes in _OPTIONS.items()},
}
# The variants whose train steps differ most.
STEPS = ("source", "ours", "source-mismatch", "ours-classifier", "ours-merged")
OUTPUTS = tuple(f"{FOLDER}/{name}" for name in VARIANTS)


def variant(name: str) -> Config:
    """Returns the configuration of a variant, with its own run folder."""
    return Config(output=f"{FOLDER}/{name}", **SHARED | VARIANTS[name])


def words(name: str) -> tuple[str, ...]:
    """Returns the fields of a variant as words of a command line."""
    return harness.as_arguments(SHARED | VARIANTS[name])


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """compare: runs several variants with several seeds, as an ablation in one table.

        python -m experiments.multi_digit_mnist compare --systems source ours ours-joint

    The variants are source, ours, and either with one option changed: see variants.py.
    """

    variants = VARIANTS

    seeds: int = 1
    """Runs of each variant, with the seeds 0, 1, ..."""
    output: str = f"{FOLDER}/compare"
    epochs: int | None = SHARED["epochs"]
    """Epochs per run, of 15,000 images each."""
    ema_half_life: float | None = SHARED["ema_half_life"]
    """Half-life of the average of the generator's weights, in real images seen; metrics
    are computed on the average."""
    dataset: str = "mnist"
    """As in the experiment."""
