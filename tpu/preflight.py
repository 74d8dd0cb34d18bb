"""Compiles an experiment's real train step for a TPU, on a machine that has none.

    python -m tpu.preflight experiments.mnist_gan --topology v5e:2x2
    python -m tpu.preflight experiments.mnist_gan --topology v2:2x2 -- --batch-size 512
    python -m tpu.preflight --all --quick

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

from experiments.harness import pages
from ganzoo import commands
from ganzoo.runs import reports
from tpu import costs, environments, report, topologies
from tpu.environments import HelperError
from tpu.report import Verdict

README = Path(__file__).with_name("README.md")
MARKER, ANSWERS = "preflight", "preflight answers"


@dataclasses.dataclass(frozen=True)
class Config:
    """What to check, and for which TPUs."""

    experiment: tyro.conf.Positional[str | None] = None
    """Module that declares a PAPER, such as experiments.mnist_gan."""
    topology: tuple[str, ...] = ("v5e:2x2",)
    """TPU slices, such as v2:2x2. An unknown name prints a list of all."""
    all: bool = False
    """Check every experiment that has a train step."""
    quick: bool = False
    """Lower with the installed TensorFlow instead of TPU kernels. This needs only one
    of the two helper environments, but estimates no images/s."""
    cache: str | None = None
    """Folder of the helper environments (or GANZOO_TPU_CACHE)."""
    keep: str | None = None
    """Folder in which to keep the lowered and optimized programs."""
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
    except (HelperError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return int(any(verdict.refusal is not None for verdict in verdicts))


def fill_readme(verdict: Verdict) -> None:
    """Writes a step's rows into the tables of the README.

    Every step has a row in the table of answers. Only accepted steps that were lowered
    with TPU kernels have one in the table of costs: the others have no images/s.
    """
    _fill(ANSWERS, report.answer(verdict), _made(verdict))
    if verdict.refusal is None and not verdict.quick:
        tools = f"{verdict.tools}; {verdict.compiled['tools']}."
        _fill(MARKER, report.row(verdict), tools)


def _fill(name: str, row: dict[str, str], below: str) -> None:
    old = report.between(README.read_text(encoding="utf-8"), name)
    rows = report.merged(old, [row])
    pages.fill(README, name, f"{reports.table(rows)}\n\n{below}")


def _made(verdict: Verdict) -> str:
    """Returns the command, date and versions of the newest row of the answers."""
    from ganzoo.runs import provenance  # starts TensorFlow

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
    cache = environments.cache_folder(config.cache)
    if config.experiment is not None and not environments.made(config.quick, cache):
        # Report mistakes before downloading gigabytes.
        Check(None, None).refuse(config.experiment, arguments, wanted)
    check = Check(
        None if config.quick else environments.make("lowering", cache),
        environments.make("compiling", cache),
    )
    steps = [[config.experiment, *arguments]]
    with tempfile.TemporaryDirectory(prefix="preflight-") as scratch:
        scratch = Path(scratch)
        if config.all:
            steps = check.every_step(scratch / "all")
        for number, (experiment, *given) in enumerate(steps):
            folder = Path(config.keep or scratch) / "-".join(
                [str(number), experiment.rpartition(".")[2], *_words(given)]
            )
            yield from check.verdicts(experiment, given, wanted, folder)


@dataclasses.dataclass(frozen=True)
class Check:
    """The two processes of a check.

    Attributes:
        lowering: Python of the environment "lowering"; None uses this process's Python.
        compiling: Python of the environment "compiling"; None compiles nothing.
    """

    lowering: Path | None
    compiling: Path | None

    def every_step(self, folder: Path) -> list[list[str]]:
        """Returns the experiment and the arguments of each train step."""
        folder.mkdir(parents=True)
        return self._lower({"experiment": None}, folder)["experiments"]

    def refuse(self, experiment, arguments, wanted) -> None:
        """Checks the experiment and its arguments without lowering anything.

        Raises:
            ValueError: The experiment or its settings are invalid.
            HelperError: Its command line does not accept the arguments.
        """
        request = self._request(experiment, arguments, wanted) | {"platform": None}
        with tempfile.TemporaryDirectory(prefix="preflight-") as scratch:
            self._lower(request, Path(scratch))

    def verdicts(self, experiment, arguments, wanted, folder) -> Iterator[Verdict]:
        """Yields the verdict on one step for each topology."""
        folder.mkdir(parents=True, exist_ok=True)
        label = " ".join([experiment, *arguments])
        print(f"Lowering {label} ...", file=sys.stderr)
        answer = self._lower(self._request(experiment, arguments, wanted), folder)
        for topology in wanted:
            program = answer["programs"][str(topology.cores)]
            verdict = Verdict(
                label,
                topology,
                answer["batch"],
                answer["images"],
                answer["precision"],
                self.lowering is None,
                f"TensorFlow {answer['tensorflow']}, keras {answer['keras']}",
                refusal=program.get("refused"),
            )
            if verdict.refusal is None:
                print(f"Compiling it for {topology.name} ...", file=sys.stderr)
                verdict = self._compiled(verdict, program, folder)
            yield verdict

    def _request(self, experiment, arguments, wanted) -> dict:
        return {
            "experiment": experiment,
            "arguments": arguments,
            "replicas": sorted({topology.cores for topology in wanted}),
            "platform": "CPU" if self.lowering is None else "TPU",
        }

    def _lower(self, request: dict, folder: Path) -> dict:
        """Runs `tpu.lowering`; returns its answer.

        Raises:
            HelperError: The process failed.
            ValueError: The request is invalid.
        """
        where = folder / "request.json"
        where.write_text(json.dumps(request | {"folder": str(folder)}))
        with tempfile.TemporaryDirectory() as sources:
            found = [str(environments.link_sources(Path(sources)))]
            if self.lowering is None and "PYTHONPATH" in os.environ:
                found.append(os.environ["PYTHONPATH"])
            environments.run(
                self.lowering or Path(sys.executable),
                ["-m", "tpu.lowering", str(where)],
                {"PYTHONPATH": os.pathsep.join(found)},
            )
        if not (folder / "answer.json").exists():  # it printed its help
            raise ValueError(
                "The arguments after -- make the experiment print its help; pass them "
                f"to `python -m {request['experiment']}` instead."
            )
        answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def _compiled(self, verdict: Verdict, program: dict, folder: Path) -> Verdict:
        """Runs compiling.py on a lowered program; returns the completed verdict."""
        name = verdict.topology.name.replace(":", "_")
        request = {
            "program": program["path"],
            "state": program["state"],
            "topology": verdict.topology.name,
            "options": verdict.topology.options,
            "optimised": str(folder / f"{name}.hlo"),
            "result": str(folder / f"{name}.json"),
        }
        where = folder / f"{name}_request.json"
        where.write_text(json.dumps(request), encoding="utf-8")
        script = Path(__file__).with_name("compiling.py")
        environments.run(self.compiling, [str(script), str(where)])
        result = json.loads(Path(request["result"]).read_text(encoding="utf-8"))
        if "refused" in result:
            refusal = result["refused"]
            refusal["source"] = program["sources"].get(refusal["operation"])
            return dataclasses.replace(verdict, refusal=refusal)
        optimised = Path(request["optimised"]).read_text(encoding="utf-8")
        return dataclasses.replace(
            verdict, compiled=result, costs=costs.of_program(optimised)
        )


def _words(arguments: list[str]) -> list[str]:
    """Returns the arguments without characters that are unsafe in file names."""
    return ["".join(c for c in word if c.isalnum() or c in "._") for word in arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
