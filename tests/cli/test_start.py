"""No command starts TensorFlow before it has read its words, nor to refuse most."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.test_command_lines import BAD, module_of

ROOT = Path(__file__).parents[2]
HEAVY = ("tensorflow", "keras", "matplotlib", "skimage", "sklearn", "torch", "jax")
# Of the wrong words, those that only TensorFlow, a network or a data set can refuse.
STARTS = (
    *("--seed 1180591620717411303424", "mnist_m_refiner", "--box 77:"),
    *(
        "draw mnist_dcgan --box",
        "--dataset",
        "evaluate mnist_dcgan --against ./nosuch",
        "evaluate empty",
    ),
    *("evaluate text.keras", "explore", "--kind mnist_gna", "tpu.preflight"),
    "--classes",
    *("prepare ./nosuch --output a.npz", "prepare nosuch.zip", "prepare empty"),
    *("--background 300", "text.keras/", "train ./nosuch", "--from nosuch"),
)
# Run by `tpu.preflight`, with a file; and by `tpu/job.sh`, with a command.
WITHOUT_HELP = ("tpu.compiling", "tpu.job")
# Runs command lines one after the other, in one process; tells which modules of HEAVY
# were there after each, and forgets nothing: what one imports is there for the next.
PROGRAM = """
import contextlib, io, json, os, runpy, sys
asked, heavy = json.loads(sys.argv[1])
said = []
for module, words in asked:
    sys.argv = [module, *words]
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=False)
            status = 0
        except SystemExit as end:
            status = end.code
    said.append([status, [name for name in heavy if name in sys.modules]])
print(json.dumps(said))
"""


def modules() -> list[str]:
    """Returns every module of the packages that is a command."""
    found = []
    for package in ("ganzoo", "experiments", "tpu"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if '__name__ == "__main__"' in path.read_text(encoding="utf-8"):
                parts = path.relative_to(ROOT).with_suffix("").parts
                found.append(".".join(parts).removesuffix(".__main__"))
    return found


def run(command_lines: list[tuple[str, list[str]]], folder: Path) -> list[list]:
    """Runs command lines in one new process; returns their status and what is heavy."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps([command_lines, HEAVY])],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_command_prints_its_help_without_tensorflow(tmp_path):
    from experiments.harness import discover
    from ganzoo import cli

    commands = [name for name in modules() if name not in WITHOUT_HELP]
    assert {"ganzoo", "experiments.mnist_gan", "tpu.preflight"} <= set(commands)
    asked = [(name, ["--help"]) for name in commands]
    asked += [("ganzoo", [name, "--help"]) for name in cli.COMMANDS]
    for paper in discover.papers():
        words = [*filter(None, paper.commands), *paper.variants]
        asked += [(f"experiments.{paper.name}", [word, "--help"]) for word in words]
    asked += [("ganzoo", ["list"]), ("ganzoo", ["show", "mnist_dcgan"])]
    assert len(asked) > 40
    for command, (status, heavy) in zip(asked, run(asked, tmp_path), strict=True):
        assert not status, f"{command} ended with {status}"
        assert not heavy, f"{command} has {heavy}"


def test_most_wrong_words_are_refused_without_tensorflow(tmp_path):
    wrong = [
        (module_of(name), words.split())
        for name, words, _ in BAD
        if not any(word in f"{name} {words}" for word in STARTS)
    ]
    assert len(wrong) > 50
    for command, (status, heavy) in zip(wrong, run(wrong, tmp_path), strict=True):
        assert status, f"{command} ended with {status}"
        assert not heavy, f"{command} has {heavy}"


@pytest.mark.parametrize("statement", ["import ganzoo", "from ganzoo import zoo, runs"])
def test_importing_the_package_starts_nothing(statement, tmp_path):
    program = f"import sys\n{statement}\nprint(sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.stdout.strip() == "[]", done.stderr
