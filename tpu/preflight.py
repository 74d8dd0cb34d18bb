"""Compiles an experiment's real train step for a TPU, on a machine that has none.

    python -m tpu.preflight experiments.mnist_gan --topology v5e:1x1 v5e:2x4 v4:2x2x1
    python -m tpu.preflight experiments.mnist_gan -- --batch-size 512
    python -m tpu.preflight --all

The experiment's own arguments follow `--`. An accepted step is reported with its costs,
a refused one with the first operation that a TPU cannot run. The exit status is 0 if
every step was accepted on every topology, 1 if one was refused, and 2 if the check
could not run.
"""

import dataclasses
import difflib
import json
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import tyro

from tpu import processes

if __name__ == "__main__":  # before ganzoo, which asks for the backend's package
    os.environ.update(processes.variables())

# isort: split
from experiments.harness import pages
from ganzoo import commands
from ganzoo.runs import reports
from tpu import costs, report, topologies
from tpu.processes import ProcessError
from tpu.report import Verdict

README = Path(__file__).with_name("README.md")
MARKER, ANSWERS = "preflight", "preflight answers"


@dataclasses.dataclass(frozen=True)
class Config:
    """What to check, and for which TPUs."""

    experiment: tyro.conf.Positional[str | None] = None
    """Module that declares a PAPER, such as experiments.mnist_gan."""
    topology: tuple[str, ...] = ("v5e:1x1",)
    """TPU slices: v5e:1x1 is Colab's, v5e:2x4 Kaggle's. An unknown name prints a list
    of all."""
    all: bool = False
    """Check every experiment that has a train step."""
    keep: str | None = None
    """Folder in which to keep the optimized programs."""
    readme: bool = False
    """Write each result into the tables of tpu/README.md as soon as it is known."""

    def check(self, arguments: list[str]) -> None:
        """Refuses contradictory or incomplete options.

        Raises:
            ValueError: The message names the options and a remedy.
        """
        if self.all == (self.experiment is not None):
            raise ValueError(
                "Name one experiment, such as experiments.mnist_gan, or give --all."
            )
        if self.all and arguments:
            raise ValueError(
                "--all checks every experiment with its own settings; leave out "
                f"-- {' '.join(arguments)}."
            )
        _check_name(self.experiment or "")


def _check_name(name: str) -> None:
    """Refuses a mistyped name of this project's experiments without importing any."""
    folder = Path(__file__).parents[1] / "experiments"
    known = [one.name for one in pkgutil.iter_modules([str(folder)])]
    package, _, module = name.partition(".")
    near = difflib.get_close_matches(module, known, 1)
    if package == folder.name and near and module.split(".")[0] not in known:
        raise ValueError(
            f"There is no module {name!r}. Did you mean {package}.{near[0]}?"
        )


def main(command: list[str]) -> int:
    """Runs a command line; returns the exit status."""
    own, arguments = _split(command)
    config = _parsed(own)
    verdicts = []
    try:
        config.check(arguments)
        wanted = [topologies.topology(name) for name in config.topology]
        for verdict in _verdicts(config, arguments, wanted):
            print(f"{report.text(verdict)}\n", flush=True)
            verdicts.append(verdict)
            if config.readme:
                fill_readme(verdict)
    except (ProcessError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return int(any(verdict.refusal is not None for verdict in verdicts))


def fill_readme(verdict: Verdict) -> None:
    """Writes a step's rows into the tables of the README.

    Every step has a row in the table of answers, and accepted ones another in the table
    of costs.
    """
    _fill(ANSWERS, report.answer(verdict), _made(verdict))
    if verdict.refusal is None:
        _fill(MARKER, report.row(verdict), f"{verdict.tools}.")


def _fill(name: str, row: dict[str, str], below: str) -> None:
    old = report.between(README.read_text(encoding="utf-8"), name)
    rows = report.merged(old, [row])
    pages.fill(README, name, f"{reports.table(rows)}\n\n{below}")


def _made(verdict: Verdict) -> str:
    """Returns the command, date and versions of the newest row of the answers."""
    from ganzoo.runs import provenance  # imports Keras

    described = provenance.describe()
    command = reports.shown_command(provenance.command())
    return (
        f"The newest row is from `{command}`, {described['time'][:10]}, "
        f"{described['processor']}, {verdict.tools}."
    )


def _parsed(words: list[str]) -> Config:
    """Parses the options; a mistake ends the process with one line."""
    return commands.parsed(
        lambda: tyro.cli(Config, prog="tpu.preflight", description=__doc__, args=words)
    )


def _split(command: list[str]) -> tuple[list[str], list[str]]:
    """Splits a command line at the first `--`."""
    if "--" not in command:
        return command, []
    at = command.index("--")
    return command[:at], command[at + 1 :]


def _verdicts(config: Config, arguments, wanted) -> Iterator[Verdict]:
    processes.check_installed()
    steps = [[config.experiment, *arguments]]
    with tempfile.TemporaryDirectory(prefix="preflight-") as scratch:
        if config.all:
            steps = _answer({"experiment": None}, Path(scratch))["experiments"]
        for number, (experiment, *given) in enumerate(steps):
            name = "-".join(
                [str(number), experiment.rpartition(".")[2], *_words(given)]
            )
            for topology in wanted:
                folder = Path(config.keep or scratch) / name
                folder /= topology.name.replace(":", "_")
                yield _verdict(experiment, given, topology, folder)


def _verdict(experiment, arguments, topology, folder: Path) -> Verdict:
    """Compiles a step for a topology."""
    label = " ".join([experiment, *arguments])
    print(f"Compiling {label} for {topology.name} ...", file=sys.stderr)
    request = {"experiment": experiment, "arguments": arguments}
    answer = _answer(request | {"topology": topology.name}, folder)
    program = folder / "step.hlo"
    return Verdict(
        label,
        topology,
        *(answer[name] for name in ("batch", "images", "precision", "tools")),
        refusal=answer.get("refused"),
        compiled=answer.get("compiled"),
        costs=costs.of_program(program.read_text("utf-8"))
        if program.exists()
        else None,
    )


def _answer(request: dict, folder: Path) -> dict:
    """Runs `tpu.compiling` in a process; returns its answer.

    Raises:
        ProcessError: The process failed.
        ValueError: The request is invalid.
    """
    folder.mkdir(parents=True, exist_ok=True)
    where, answer = folder / "request.json", folder / "answer.json"
    answer.unlink(missing_ok=True)  # an earlier one that was kept
    where.write_text(json.dumps(request | {"folder": str(folder)}), encoding="utf-8")
    processes.run(["-m", "tpu.compiling", str(where)])
    if not answer.exists():  # it printed its help
        raise ValueError(
            "The arguments after -- make the experiment print its help; pass them "
            f"to `python -m {request['experiment']}` instead."
        )
    found = json.loads(answer.read_text(encoding="utf-8"))
    if "error" in found:
        raise ValueError(found["error"])
    return found


def _words(arguments: list[str]) -> list[str]:
    """Returns the arguments without characters that are unsafe in file names."""
    return ["".join(c for c in word if c.isalnum() or c in "._") for word in arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
