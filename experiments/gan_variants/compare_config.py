"""compare: runs the variants of a benchmark with several seeds, in one table."""

import dataclasses
from pathlib import Path
from typing import Annotated

from experiments import harness
from experiments.gan_variants.config import FOLDER
from experiments.harness.validation import OneOf

EVEN_RATES = {"generator_learning_rate": 2e-4, "discriminator_learning_rate": 2e-4}
WASSERSTEIN = EVEN_RATES | {
    "loss": "wasserstein",
    "penalty": "gradient_penalty",
    "discriminator_steps": 5,
    "update": "alternating",
}
RELATIVISTIC = EVEN_RATES | {
    "loss": "relativistic",
    "penalty": "r1",
    "update": "alternating",
}
LARGE = {  # the best variant, with the losses of Huang et al. 2024 (R3GAN)
    "players": "large",
    "loss": "relativistic",
    "penalty": "r1(0.1) + r2(0.1)",
    "update": "alternating",
    "generator_learning_rate": 5e-4,
    "discriminator_learning_rate": 5e-4,
    "beta_1": 0.0,
    "beta_2": 0.99,
    "ema_half_life": 100_000.0,
}
PAPER_RATES = {"generator_learning_rate": 1e-4, "discriminator_learning_rate": 1e-4}
COLLAPSING = {  # a generator too fast for the discriminator
    "normalise": True,
    "generator_learning_rate": 2e-3,
    "discriminator_learning_rate": 3e-5,
}
# Benchmark -> variant -> the fields in which it differs.
VARIANTS = {
    "digits": {
        "vanilla": {},
        "minibatch": {"similarities": 50},
        "unrolled-5": {"unrolled_steps": 5},
        "dcgan": {"architecture": "dcgan"},
        "pacgan": {"packing": 2},
        "collapsing": COLLAPSING,
        "collapsing-minibatch": COLLAPSING | {"similarities": 50},
    },
    "ring": {
        "gan": {},
        "unrolled-1": {"unrolled_steps": 1},
        "unrolled-5": {"unrolled_steps": 5},
        "unrolled-10": {"unrolled_steps": 10},
        "pacgan": {"packing": 2},
        "gan-slow": PAPER_RATES,
        "unrolled-5-slow": {"unrolled_steps": 5} | PAPER_RATES,
        "unrolled-10-slow": {"unrolled_steps": 10} | PAPER_RATES,
    },
    "stacked": {
        "gan": {},
        "unrolled-1": {"unrolled_steps": 1},
        "unrolled-5": {"unrolled_steps": 5},
        "unrolled-10": {"unrolled_steps": 10},
        "minibatch": {"similarities": 50},
        "pacgan": {"packing": 2},
        "wgan-gp": WASSERSTEIN | {"normalise": False, "fraction": 1.0},
        "relativistic-r1": RELATIVISTIC | {"normalise": False, "fraction": 1.0},
        "large": LARGE,
    },
    "infogan": {
        "distorted": {"units": 256},
        "undistorted": {"units": 256, "augment": False},
    },
}


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """Runs every variant with every seed, each in its own folder."""

    bed: Annotated[str, OneOf(VARIANTS)] = "ring"
    """The benchmark: digits, ring, stacked or infogan."""
    output: str = f"{FOLDER}/compare"

    @property
    def folder(self) -> Path:
        """Folder for the benchmark's runs and report."""
        return Path(self.output) / self.bed

    @property
    def variants(self) -> dict[str, dict]:
        """The benchmark's variants."""
        return VARIANTS[self.bed]

    @property
    def where(self) -> str:
        """The benchmark's name, for a message."""
        return f" on the benchmark {self.bed!r}"
