"""Several systems with several seeds on one bed, in one table."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from experiments import common, comparing_report, limits
from ganzoo import runs
from ganzoo.commands import meant
from ganzoo.reports import Report


@dataclasses.dataclass(frozen=True)
class Bed:
    """Something that systems are compared on.

    Attributes:
        config: The settings' dataclass.
        run: Carries out one run.
        systems: For each system's name the settings in which it differs.
        measures: Columns of history.csv that the table has, by title, with their form.
        published: For each system's name what was published, by title.
        published_in: Where.
        extra: Adds sections to the report, given for each system its run folders.
    """

    config: type
    run: Callable[[common.Common], runs.Run]
    systems: dict[str, dict]
    measures: dict[str, tuple[str, str]]
    published: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    published_in: str = ""
    extra: Callable[[Report, dict[str, list[Path]]], None] | None = None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Runs every system with every seed, each in a folder of its own."""

    systems: tuple[str, ...] = ()
    """Which systems; all by default."""
    seeds: int = 5
    """Runs of each system, with the seeds 0, 1, ..."""
    output: str = "runs/compare"
    """Folder of the runs. The same command on the same folder goes on."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    epochs: int | None = None
    """Epochs of each run; those of the experiment by default."""
    ema_half_life: float | None = None
    """Average every generator's weights, in examples seen; measured is the average.
    By default as in the experiment."""
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device has units for it."""
    on_nan: str = "stop"
    """What a run does where a loss becomes NaN: stop, or rollback; see there."""
    smoke: bool = False
    """Make every run a small one, to see that it works."""

    def check(self, systems: dict[str, dict], where: str = "") -> None:
        """Refuses what cannot be compared.

        Args:
            systems: Those that there are.
            where: The bed's name, for the message.

        Raises:
            ValueError: Naming the field, its value and what is accepted.
        """
        limits.at_least(1, self, "seeds", "epochs")
        limits.one_of(self, "on_nan", common.ON_NAN)
        if unknown := [name for name in self.systems if name not in systems]:
            raise ValueError(
                f"systems: there is no {unknown[0]!r}{where}, but "
                f"{', '.join(map(repr, systems))}.{meant(unknown[0], systems)}"
            )


def carry_out(config: Comparison, bed: Bed, name: str, folder: Path) -> Path:
    """Carries out all runs, resuming what is there, and writes one report.

    Args:
        config: The settings.
        bed: What the systems are compared on.
        name: What the bed is called.
        folder: Of the runs and the report.

    Returns:
        The folder.

    Raises:
        ValueError: Settings or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
    """
    names = config.systems or tuple(bed.systems)
    folders = {}
    for seed in range(config.seeds):  # all systems have as many when it is stopped
        for system in names:
            print(f"{name}: {system}, seed {seed}")
            one = configured(config, bed, folder, system, seed)
            folders.setdefault(system, []).append(bed.run(one).path)
    return comparing_report.write(folder, name, config.seeds, bed, folders)


def configured(
    config: Comparison, bed: Bed, folder: Path, system: str, seed: int
) -> common.Common:
    """Returns the settings of one run."""
    changes = {
        "output": str(folder / f"{system}_seed{seed}"),
        "data_dir": config.data_dir,
        "precision": config.precision,
        "on_nan": config.on_nan,
        "smoke": config.smoke,
        "seed": seed,
    }
    for field in ("epochs", "ema_half_life", "dataset"):
        if (value := getattr(config, field, None)) is not None:
            changes[field] = value
    return bed.config(**changes | bed.systems[system])


def main(
    words: Sequence[str],
    one: ModuleType,
    compare: ModuleType,
    systems: Mapping[str, dict],
    system: Callable,
    expected: Sequence,
) -> None:
    """Carries out a command line: a comparison, a system by name, or settings alone.

    Args:
        words: Of the command line; the first may be "compare" or a system's name.
        one: The experiment, with `Config` and `run`.
        compare: Its comparison, with `Compare` and `run`.
        systems: Whose names may be the first word.
        system: From a name to the settings that are then the defaults.
        expected: What the source says of the numbers; see `common.main`.
    """
    word, rest = words[:1], words[1:]
    run, kind, text = one.run, one.Config, one.__doc__
    command = {"args": rest, "expected": expected}
    if word == ["compare"]:
        run, kind, text = compare.run, compare.Compare, compare.__doc__
    elif word and word[0] in systems:
        command["default"] = system(word[0])
    else:
        command |= {"args": words, "known": ("compare", *systems)}
    common.main(run, kind, text, **command)
