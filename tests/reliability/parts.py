"""Deletes each file of a finished run in turn: it must be reported or rewritten."""

import dataclasses
import re
import shutil
from pathlib import Path

from ganzoo.runs import checkpoints
from tests.reliability import children, ends

REFUSED, TOLD, ANEW = "refused", "reported", "rewritten"
OLDER, SPARE, SILENT = "resumed from an older checkpoint", "not needed", "silent"


@dataclasses.dataclass
class Deleted:
    """The result of resuming a finished run without one of its files.

    Attributes:
        experiment: Name of the experiment.
        name: Name of the deleted file.
        outcome: One of the constants above.
        line: The message that was printed.
    """

    experiment: str
    name: str
    outcome: str
    line: str = ""


def campaign(folder: Path, experiments: list[str]) -> list[Deleted]:
    """Deletes one file of each type, each from a copy of a finished run.

    Args:
        folder: Folder for the runs.
        experiments: Names from `children.EXPERIMENTS`.
    """
    found = []
    for experiment in experiments:
        whole = folder / experiment
        first = children.start(whole, experiment=experiment, often=False)
        if first.wait(600):
            raise RuntimeError("\n".join(first.lines()))
        expected = ends.end(whole)
        for name in kinds(whole):
            run = shutil.copytree(whole, folder / f"{experiment}_without")
            (run / name).unlink()
            found.append(_resumed(experiment, run, name, expected))
            print(found[-1])
            shutil.rmtree(run)
    return found


def kinds(folder: Path) -> list[str]:
    """Returns one file of each type. Names of a type differ only in numbers."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != ".lock":
            name = path.relative_to(folder).as_posix()
            found.setdefault(kind(name), name)
    newest = checkpoints.of(folder)[-1].relative_to(folder).as_posix()
    return sorted({*found.values(), newest})


def kind(name: str) -> str:
    """Returns the name of a file's type, with numbers replaced."""
    return re.sub(r"tfevents.*|\d+", "#", name)


def _resumed(experiment: str, run: Path, name: str, expected: dict) -> Deleted:
    child = children.start(run, experiment=experiment, often=False)
    status, lines = child.wait(600), child.lines()
    error = next((line for line in lines if line.startswith("error:")), "")
    told = [line for line in lines if not line.startswith("report: ")]
    named = next((line for line in told if name in line), "")
    if status:
        outcome = REFUSED if status == 1 and name in error else SILENT
        return Deleted(experiment, name, outcome, error or lines[-1])
    if named:
        return Deleted(experiment, name, TOLD, named)
    if differ := ends.differences(expected, ends.end(run)):
        return Deleted(experiment, name, SILENT, f"{', '.join(differ)} differ")
    if name.startswith("checkpoints/"):
        resumed = next((line for line in lines if " resumes after step " in line), "")
        outcome = OLDER if (run / name).exists() else SPARE
        return Deleted(experiment, name, outcome, resumed)
    return Deleted(experiment, name, ANEW if (run / name).exists() else SILENT)
