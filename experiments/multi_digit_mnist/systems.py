"""The systems: the source's, ours, and each with one option changed."""

from experiments.cifar10_gan.settings import arguments
from experiments.multi_digit_mnist.settings import FOLDER, Config

# What all have in common, but for the source at its full size.
SHARED = {"epochs": 8, "ema_half_life": 5_000.0}

# The source's layers, at a size and a width for CPUs, and at learning rates for a few
# thousand steps where the source takes 25,000.
_SOURCE = {
    "size": 64,
    "digit_size": 24,
    "width": 1 / 4,
    "generator_learning_rate": 2e-4,
    "discriminator_learning_rate": 2e-4,
}
# Every decision is one on a single object or on the background alone, and labels count
# as much as noise. Losses and penalties are those of Huang et al. 2024 (R3GAN).
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
# The source's images, 128x128 with digits of 32x32; more than twice the time a step.
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

SYSTEMS = {
    "source": _SOURCE,
    "ours": _OURS,
    "ours-128": _OURS | _LARGE,
    **{f"ours-{name}": _OURS | changes for name, changes in _LESS.items()},
    **{f"ours-{name}": _OURS | changes for name, changes in _OPTIONS.items()},
    **{f"source-{name}": _SOURCE | changes for name, changes in _MORE.items()},
    **{f"source-{name}": _SOURCE | changes for name, changes in _OPTIONS.items()},
}
OUTPUTS = {name: f"{FOLDER}/{name}" for name in SYSTEMS}


def system(name: str) -> Config:
    """Returns the settings of a system, with a run folder of its own."""
    return Config(output=OUTPUTS[name], **SHARED | SYSTEMS[name])


def words(name: str) -> tuple[str, ...]:
    """Returns the settings of a system as a command line has them."""
    return arguments(SHARED | SYSTEMS[name])
