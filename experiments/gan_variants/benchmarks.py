"""compare: several variants with several seeds on one benchmark, in one table."""

import dataclasses
from pathlib import Path

from experiments import harness
from experiments.gan_variants.config import FOLDER
from experiments.gan_variants.digits import train as digits
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.gan_variants.ring import train as ring
from experiments.gan_variants.stacked import train as stacked
from experiments.harness import compare, validation

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
BENCHMARKS = {
    "digits": harness.Benchmark(
        "digits",
        digits.DIGITS,
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
    "ring": harness.Benchmark(
        "ring",
        ring.EXPERIMENT,
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
    "stacked": harness.Benchmark(
        "stacked",
        stacked.EXPERIMENT,
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
        "`relativistic-r1`; they have learning rates of 1e-4 for both networks. "
        "Lin et al. 2018 (PacGAN) train 500,000 steps in that setting.",
    ),
}


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """Runs every variant with every seed, each in its own folder."""

    bed: str = "ring"
    """The benchmark: digits, ring or stacked."""
    output: str = f"{FOLDER}/compare"

    @property
    def folder(self) -> Path:
        """Folder of the benchmark's runs."""
        return Path(self.output) / self.bed

    def check(self) -> None:
        """Validates the configuration; see `CompareConfig.check`."""
        validation.one_of(self, "bed", tuple(BENCHMARKS))
        super().check(BENCHMARKS[self.bed], f" on the benchmark {self.bed!r}")


def run(config: Compare) -> Path:
    """Runs all variants and writes one report; see `harness.compare.run`."""
    config.check()
    return compare.run(config, BENCHMARKS[config.bed], config.folder)


COMPARE = harness.Command(
    config=Compare, carry_out=run, reference_values=REFERENCE_VALUES
)
