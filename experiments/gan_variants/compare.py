"""compare: several systems with several seeds on one bed, in one table."""

import dataclasses
from pathlib import Path

from experiments import common, comparing, limits
from experiments.comparing import Bed
from experiments.gan_variants import digits, points, stacked

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
LARGE = {  # the best of the zoo: what Huang et al. 2024 (R3GAN) found to be enough
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
COLLAPSING = {  # a generator that the discriminator cannot keep up with
    "normalise": True,
    "generator_learning_rate": 2e-3,
    "discriminator_learning_rate": 3e-5,
}
BEDS = {
    "digits": Bed(
        digits.Digits,
        digits.run,
        {
            "vanilla": {},
            "minibatch": {"similarities": 50},
            "unrolled-5": {"unrolled_steps": 5},
            "dcgan": {"architecture": "dcgan"},
            "collapsing": COLLAPSING,
            "collapsing-minibatch": COLLAPSING | {"similarities": 50},
        },
        {
            "Fréchet distance": ("frechet_distance", "{:.2f}"),
            "KL of the classes": ("class_divergence", "{:.3f}"),
            "near-duplicates": ("duplicate_share", "{:.2%}"),
        },
    ),
    "ring": Bed(
        points.Ring,
        points.run,
        {
            "gan": {},
            "unrolled-1": {"unrolled_steps": 1},
            "unrolled-5": {"unrolled_steps": 5},
            "unrolled-10": {"unrolled_steps": 10},
            "gan-slow": PAPER_RATES,
            "unrolled-5-slow": {"unrolled_steps": 5} | PAPER_RATES,
            "unrolled-10-slow": {"unrolled_steps": 10} | PAPER_RATES,
        },
        {
            "modes, of 8": ("modes", "{:.1f}"),
            "high quality": ("high_quality", "{:.1%}"),
        },
        {
            name + speed: {"modes, of 8": modes, "high quality": quality}
            for speed in ("", "-slow")
            for name, modes, quality in (
                ("gan", "1", "99.3%"),
                ("unrolled-5", "7.6", "35.6%"),
            )
        },
        "GAN and unrolled GAN as measured by Srivastava et al. 2017 (VEEGAN), table 1; "
        "VEEGAN itself: 8 modes, 52.9%. Lin et al. 2018 (PacGAN) measure 6.3 modes of "
        "a GAN. The slow ones have the learning rate of Metz et al. 2017, 1e-4, the "
        "others 1e-3; all else is alike.",
    ),
    "stacked": Bed(
        stacked.Stacked,
        stacked.run,
        {
            "gan": {},
            "unrolled-1": {"unrolled_steps": 1},
            "unrolled-5": {"unrolled_steps": 5},
            "unrolled-10": {"unrolled_steps": 10},
            "minibatch": {"similarities": 50},
            "wgan-gp": WASSERSTEIN | {"normalise": False, "fraction": 1.0},
            "relativistic-r1": RELATIVISTIC | {"normalise": False, "fraction": 1.0},
            "large": LARGE,
        },
        {
            "modes, of 1,000": ("modes", "{:.0f}"),
            "KL (nats)": ("mode_divergence", "{:.3f}"),
        },
        {
            "gan": {"modes, of 1,000": "30.6"},
            "unrolled-1": {"modes, of 1,000": "65.4"},
            "unrolled-5": {"modes, of 1,000": "236.4"},
            "unrolled-10": {"modes, of 1,000": "327.2"},
        },
        "Metz et al. 2017, table 1, with a discriminator of a quarter of the "
        "generator's size, as here of all but `large`, `wgan-gp` and "
        "`relativistic-r1`; they have learning rates of 1e-4 for both players. "
        "Lin et al. 2018 (PacGAN) train 500,000 steps in that setting.",
    ),
}


@dataclasses.dataclass(frozen=True)
class Compare(comparing.Comparison):
    """Runs every system with every seed, each in a folder of its own."""

    bed: str = "ring"
    """digits, ring or stacked."""
    output: str = "runs/gan_variants/compare"

    def check(self) -> None:
        """Refuses what cannot be compared; see `Comparison.check`."""
        limits.one_of(self, "bed", tuple(BEDS))
        super().check(BEDS[self.bed].systems, f" on the bed {self.bed!r}")


def run(config: Compare) -> Path:
    """Carries out all runs and writes one report; see `comparing.carry_out`."""
    config.check()
    return comparing.carry_out(config, BEDS[config.bed], config.bed, _folder(config))


def configured(config: Compare, name: str, seed: int) -> common.Common:
    """Returns the settings of one run."""
    bed = BEDS[config.bed]
    return comparing.configured(config, bed, _folder(config), name, seed)


def _folder(config: Compare) -> Path:
    return Path(config.output) / config.bed
