"""Benchmarks: several variants with several seeds, in one table."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from experiments.harness.config import CompareConfig, Config
from experiments.harness.experiment import Command, Experiment
from experiments.harness.report import comparison
from ganzoo.runs.reports import Report

# Fields that a comparison passes on to every run, and those passed on if they are set.
SHARED = ("data_dir", "precision", "on_nan", "smoke")
OPTIONAL = ("epochs", "hours", "ema_half_life", "dataset")


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A comparison of variants of an experiment.

    Attributes:
        title: Name of the benchmark in the report and on the console.
        experiment: The experiment to run.
        variants: Name of a variant -> the fields in which it differs.
        columns: Title of a table column -> its column of history.csv and its format.
        published: Name of a variant -> title of a table column -> published value.
        published_in: Source of the published values.
        sections: Further sections of the report; each is called with the report and,
            by name of the variant, its run folders.
    """

    title: str
    experiment: Experiment
    variants: Mapping[str, dict]
    columns: Mapping[str, tuple[str, str]]
    published: Mapping[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    published_in: str = ""
    sections: tuple[Callable[[Report, dict[str, list[Path]]], None], ...] = ()


def command(config: type[CompareConfig], benchmark: Benchmark) -> Command:
    """Returns the command that runs a benchmark; it is checked like its experiment."""
    experiment = benchmark.experiment
    return Command(
        config=config,
        function=lambda asked: run(asked, benchmark, Path(asked.output)),
        reference_values=experiment.reference_values,
        tolerances=experiment.tolerances,
        ignored_fields=experiment.ignored_fields,
    )


def run(config: CompareConfig, benchmark: Benchmark, folder: Path) -> Path:
    """Runs or resumes every variant with every seed, and writes the report.

    Raises:
        ValueError: A configuration or a run folder cannot be used.
        ganzoo.callbacks.Interrupted: The run was stopped; everything is saved.
    """
    config.check_values()
    names = config.systems or tuple(benchmark.variants)
    folders = {}
    for seed in range(config.seeds):  # outermost, so that variants advance together
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
    fields = {field: getattr(config, field) for field in SHARED}
    for field in OPTIONAL:
        if (value := getattr(config, field, None)) is not None:
            fields[field] = value
    fields |= {"output": str(folder / f"{name}_seed{seed}"), "seed": seed}
    return benchmark.experiment.config(**fields | benchmark.variants[name])
