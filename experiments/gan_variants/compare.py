"""compare: several systems with several seeds on one bed, in one table."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from experiments import common
from experiments.gan_variants import compare_report, digits, points, stacked
from ganzoo import runs


@dataclasses.dataclass(frozen=True)
class Bed:
    """Something that systems are compared on.

    Attributes:
        config: The sub-command's settings.
        run: Carries out one run.
        systems: For each system's name the settings in which it differs.
        measures: Columns of history.csv that the table has, by title, with their form.
        published: For each system's name what was published, by title, and where.
    """

    config: type
    run: Callable[[common.Common], runs.Run]
    systems: dict[str, dict]
    measures: dict[str, tuple[str, str]]
    published: dict[str, dict[str, str]]


WASSERSTEIN = {
    "loss": "wasserstein",
    "penalty": "gradient_penalty",
    "discriminator_steps": 5,
    "update": "alternating",
}
RELATIVISTIC = {"loss": "relativistic", "penalty": "r1", "update": "alternating"}
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
        {},
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
    ),
}
PUBLISHED_IN = {
    "digits": "",
    "ring": "GAN and unrolled GAN as measured by Srivastava et al. 2017 (VEEGAN), "
    "table 1; VEEGAN itself: 8 modes, 52.9%. Lin et al. 2018 (PacGAN) measure 6.3 "
    "modes of a GAN. The slow ones have the learning rate of Metz et al. 2017, 1e-4, "
    "the others 1e-3; all else is alike.",
    "stacked": "Metz et al. 2017, table 1, with a discriminator of a quarter of the "
    "generator's size.",
}


@dataclasses.dataclass(frozen=True)
class Compare:
    """Runs every system with every seed, each in a folder of its own."""

    bed: str = "ring"
    """digits, ring or stacked."""
    systems: tuple[str, ...] = ()
    """Which systems of the bed; all by default."""
    seeds: int = 5
    """Runs of each system, with the seeds 0, 1, ..."""
    output: str = "runs/gan_variants/compare"
    """Folder of the runs. The same command on the same folder goes on."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    epochs: int | None = None
    """Rounds of each run; those of the sub-command by default."""
    ema_half_life: float | None = None
    """Average every generator's weights, in examples seen; measured is the average.
    By default as in the sub-command."""
    precision: str = "float32"
    """float32 or mixed_bfloat16."""
    smoke: bool = False
    """Make every run a small one, to see that it works."""

    def check(self) -> None:
        """Refuses what cannot be compared.

        Raises:
            ValueError: Naming the field, its value and what is accepted.
        """
        common.one_of(self, "bed", tuple(BEDS))
        common.at_least(1, self, "seeds", "epochs")
        known = BEDS[self.bed].systems
        if unknown := [name for name in self.systems if name not in known]:
            raise ValueError(
                f"systems: there is no {unknown[0]!r} on the bed {self.bed!r}, but "
                f"{', '.join(map(repr, known))}."
            )


def run(config: Compare) -> Path:
    """Carries out all runs, resuming what is there, and writes one report.

    Returns:
        The folder of the runs and the report.

    Raises:
        ValueError: Settings or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
    """
    config.check()
    bed = BEDS[config.bed]
    names = config.systems or tuple(bed.systems)
    folders = {}
    for seed in range(config.seeds):  # all systems have as many when it is stopped
        for name in names:
            print(f"{config.bed}: {name}, seed {seed}")
            one = configured(config, name, seed)
            folders.setdefault(name, []).append(bed.run(one).path)
    return compare_report.write(config, bed, folders, PUBLISHED_IN[config.bed])


def configured(config: Compare, name: str, seed: int) -> common.Common:
    """Returns the settings of one run."""
    bed = BEDS[config.bed]
    folder = f"{name}_seed{seed}"
    changes = {
        "output": str(Path(config.output) / config.bed / folder),
        "data_dir": config.data_dir,
        "precision": config.precision,
        "smoke": config.smoke,
        "seed": seed,
    }
    for field in ("epochs", "ema_half_life"):
        if (value := getattr(config, field)) is not None:
            changes[field] = value
    return bed.config(**changes | bed.systems[name])
