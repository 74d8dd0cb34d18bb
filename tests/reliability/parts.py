"""Each part of a finished run is deleted in turn: told, or written anew."""

import dataclasses
import re
import shutil
from pathlib import Path

from ganzoo.runs import checkpoints
from tests.reliability import children, ends

REFUSED, TOLD, ANEW = "refused", "told", "written anew"
OLDER, SPARE, SILENT = "trained on from an older checkpoint", "not needed", "silent"


@dataclasses.dataclass
class Deleted:
    """What became of a finished run without one of its files.

    Attributes:
        experiment: Which.
        name: The file.
        outcome: One of the constants.
        line: What was said.
    """

    experiment: str
    name: str
    outcome: str
    line: str = ""


def campaign(folder: Path, experiments: list[str]) -> list[Deleted]:
    """Deletes one file of each kind, each from a copy of a finished run.

    Args:
        folder: Where they lie.
        experiments: Which; see `children.EXPERIMENTS`.
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
    """Returns a file of each kind: such as are called the same but for numbers."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != ".lock":
            name = path.relative_to(folder).as_posix()
            found.setdefault(kind(name), name)
    newest = checkpoints.of(folder)[-1].relative_to(folder).as_posix()
    return sorted({*found.values(), newest})


def kind(name: str) -> str:
    """Returns the name that files of a kind have in common."""
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
