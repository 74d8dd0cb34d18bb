"""Benchmarks: several variants with several seeds, in one table."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from experiments.harness import validation
from experiments.harness.config import ON_NAN, Config
from experiments.harness.experiment import Experiment
from experiments.harness.report import comparison
from experiments.harness.validation import Count
from ganzoo.commands import meant
from ganzoo.reports import Report


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Something that variants of an experiment are compared on.

    Attributes:
        title: What it is called in the report and on the console.
        experiment: What is run.
        variants: For each variant's name the fields in which it differs.
        columns: Columns of history.csv that the table has, by title, with their form.
        published: For each variant's name what was published, by title.
        published_in: Where.
        sections: Further sections of the report, given for each variant its run
            folders.
    """

    title: str
    experiment: Experiment
    variants: Mapping[str, dict]
    columns: Mapping[str, tuple[str, str]]
    published: Mapping[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    published_in: str = ""
    sections: tuple[Callable[[Report, dict[str, list[Path]]], None], ...] = ()


@dataclasses.dataclass(frozen=True)
class CompareConfig:
    """Runs every variant with every seed, each in its own folder."""

    systems: tuple[str, ...] = ()
    """Which variants; all by default."""
    seeds: Count = 5
    """Runs of each variant, with the seeds 0, 1, ..."""
    output: str = "runs/compare"
    """Folder of the runs. The same command on the same folder resumes."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    epochs: Count | None = None
    """Epochs of each run; those of the experiment by default."""
    ema_half_life: float | None = None
    """Average every generator's weights, in images seen; the average is measured. By
    default as in the experiment."""
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device has units for it."""
    on_nan: Annotated[str, ON_NAN] = "stop"
    """What a run does when a loss becomes NaN: stop, or rollback; see there."""
    smoke: bool = False
    """Make every run a small one, to see that it works."""

    def check(self, benchmark: Benchmark, where: str = "") -> None:
        """Validates the configuration.

        Args:
            benchmark: What is to be compared.
            where: The benchmark's name, for the message.

        Raises:
            ValueError: Names the field, its value and what is accepted.
        """
        validation.check_fields(self)
        unknown = [name for name in self.systems if name not in benchmark.variants]
        if unknown:
            raise ValueError(
                f"systems: there is no {unknown[0]!r}{where}, but "
                f"{', '.join(map(repr, benchmark.variants))}."
                f"{meant(unknown[0], benchmark.variants)}"
            )


def run(config: CompareConfig, benchmark: Benchmark, folder: Path) -> Path:
    """Runs every variant with every seed, resuming what is there, and reports.

    Args:
        config: The configuration.
        benchmark: What is compared.
        folder: Of the runs and the report.

    Returns:
        The folder.

    Raises:
        ValueError: A configuration or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; everything is saved.
    """
    names = config.systems or tuple(benchmark.variants)
    folders = {}
    for seed in range(config.seeds):  # when stopped, all variants have as many
        for name in names:
            print(f"{benchmark.title}: {name}, seed {seed}")
            one = configured(config, benchmark, folder, name, seed)
            path = benchmark.experiment.run(one).path
            folders.setdefault(name, []).append(path)
    return comparison.write(folder, config.seeds, benchmark, folders)


def configured(
    config: CompareConfig, benchmark: Benchmark, folder: Path, name: str, seed: int
) -> Config:
    """Returns the configuration of one run: the shared fields, then the variant's."""
    fields = {
        "output": str(folder / f"{name}_seed{seed}"),
        "data_dir": config.data_dir,
        "precision": config.precision,
        "on_nan": config.on_nan,
        "smoke": config.smoke,
        "seed": seed,
    }
    for field in ("epochs", "ema_half_life", "dataset"):
        if (value := getattr(config, field, None)) is not None:
            fields[field] = value
    return benchmark.experiment.config(**fields | benchmark.variants[name])
