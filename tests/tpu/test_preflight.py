"""The command, with a stand-in for its processes."""

import json
from pathlib import Path

import pytest

from tpu import preflight, processes, report

ROOT = Path(__file__).parents[2]
HLO = """\
ENTRY %main (a: f32[8]) -> f32[8] {
  ROOT %f = f32[8]{0} fusion(%a), calls=%f, backend_config={"estimated_cycles":"1000"}
}
"""
MEMORY = dict.fromkeys(("argument", "output", "alias", "temp", "generated_code"), 4)
ACCEPTED = {
    "flops": 1e9,
    "bytes": 1e6,
    "memory": MEMORY,
    "seconds": 41.3,
    "fingerprint": "abc",
}
OUT_OF_MEMORY = {
    "stage": "compiling",
    "message": "Ran out of memory",
    "operation": "step/mul",
    "source": "x.py:9",
}


class Processes:
    """What is run, and what it answers."""

    def __init__(self):
        self.requests = []
        self.refused = {}  # by topology
        self.error = None
        self.steps = [["experiments.a"], ["experiments.b", "one"]]

    def run(self, arguments) -> None:
        request = json.loads(Path(arguments[-1]).read_text())
        self.requests.append(request)
        folder = Path(request["folder"])
        if self.error:
            answer = {"error": self.error}
        elif request["experiment"] is None:
            answer = {"experiments": self.steps}
        else:
            answer = {"batch": 32, "images": 32, "precision": "float32"}
            answer["tools"] = "keras 3, libtpu 1"
            if refusal := self.refused.get(request["topology"]):
                answer["refused"] = refusal
            else:
                answer["compiled"] = ACCEPTED
                (folder / "step.hlo").write_text(HLO)
        (folder / "answer.json").write_text(json.dumps(answer))


@pytest.fixture
def stand_in(monkeypatch):
    found = Processes()
    monkeypatch.setattr(processes, "run", found.run)
    monkeypatch.setattr(processes, "check_installed", lambda: None)
    return found


def test_each_topology_is_compiled_for(stand_in, capsys):
    command = ["experiments.a", "--topology", "v2:2x2", "v5e:2x2", "v6e:2x2"]
    assert preflight.main([*command, "--", "--batch-size", "32"]) == 0
    asked = [request["topology"] for request in stand_in.requests]
    assert asked == ["v2:2x2", "v5e:2x2", "v6e:2x2"]
    for request in stand_in.requests:
        assert request["experiment"] == "experiments.a"
        assert request["arguments"] == ["--batch-size", "32"]
    said = capsys.readouterr().out
    assert said.count(": accepted") == 3
    assert "experiments.a --batch-size 32 on v2:2x2, 8 cores: accepted" in said
    assert "cycles      1,000, estimated" in said


def test_a_refusal_is_status_1_and_the_rest_goes_on(stand_in, capsys):
    stand_in.refused = {"v5e:2x2": OUT_OF_MEMORY}
    command = ["experiments.a", "--topology", "v2:2x2", "v5e:2x2", "v6e:2x2"]
    assert preflight.main(command) == 1
    said = capsys.readouterr().out
    assert said.count("REFUSED") == 1
    assert said.count("accepted") == 2
    assert "step/mul" in said
    assert "x.py:9" in said


def test_all_checks_every_step_that_there_is_on_colabs_chip(stand_in, capsys):
    assert preflight.main(["--all"]) == 0
    said = capsys.readouterr().out
    assert "experiments.a on v5e:1x1" in said
    assert "experiments.b one on v5e:1x1" in said


def test_without_a_compiler_nothing_is_run(stand_in, monkeypatch, capsys):
    def missing():
        raise processes.ProcessError("libtpu not installed")

    monkeypatch.setattr(processes, "check_installed", missing)
    assert preflight.main(["experiments.a"]) == 2
    assert capsys.readouterr().err == "error: libtpu not installed\n"
    assert not stand_in.requests


def test_arguments_that_ask_for_help_are_told_of(stand_in, monkeypatch, capsys):
    monkeypatch.setattr(processes, "run", lambda arguments: None)
    assert preflight.main(["experiments.a", "--", "--help"]) == 2
    assert "pass them to `python -m experiments.a`" in capsys.readouterr().err


def test_programs_are_kept_where_asked(stand_in, tmp_path):
    keep = tmp_path / "kept"
    preflight.main(["experiments.a", "--keep", str(keep), "--", "--loss", "hinge"])
    assert (keep / "0-a-loss-hinge" / "v5e_1x1" / "step.hlo").read_text() == HLO


@pytest.fixture
def readme(tmp_path, monkeypatch):
    places = "".join(
        f"<!-- results: {name} -->\n<!-- end -->\n\n"
        for name in (preflight.ANSWERS, preflight.MARKER)
    )
    path = tmp_path / "README.md"
    path.write_text(f"# T\n\n{places}More.\n")
    monkeypatch.setattr(preflight, "README", path)
    return path


def rows_of(readme: Path, name: str) -> list[str]:
    lines = report.between(readme.read_text(), name).splitlines()
    return [line for line in lines if line.startswith("| `")]


def test_accepted_rows_go_to_the_readme(stand_in, readme):
    stand_in.refused = {"v5e:2x2": OUT_OF_MEMORY}
    command = ["experiments.a", "--readme", "--topology"]
    assert preflight.main([*command, "v2:2x2", "v5e:2x2"]) == 1
    (row,) = rows_of(readme, preflight.MARKER)
    assert row.startswith("| `experiments.a` | float32 | v2:2x2 | 8 | 32 |")
    text = readme.read_text()
    assert "libtpu 1." in text
    assert text.endswith("More.\n")
    assert preflight.main([*command, "v6e:2x2"]) == 0
    assert len(rows_of(readme, preflight.MARKER)) == 2


def test_every_answer_goes_to_the_readme(stand_in, readme):
    stand_in.refused = {"v5e:2x2": OUT_OF_MEMORY}
    command = ["experiments.a", "--readme", "--topology", "v5e:2x2", "v5e:1x1"]
    first = [
        "| `experiments.a` | v5e:2x2 | REFUSED: step/mul, x.py:9 |  |  |",
        "| `experiments.a` | v5e:1x1 | accepted | 41 | 0.00 of 15.75 GiB |",
    ]
    assert preflight.main(command) == 1
    assert rows_of(readme, preflight.ANSWERS) == first
    assert len(rows_of(readme, preflight.MARKER)) == 1
    stand_in.refused = {}
    assert preflight.main(command) == 0
    again = rows_of(readme, preflight.ANSWERS)
    assert again == [first[1].replace("1x1", "2x2"), first[1]]
    assert "The newest row is from `" in readme.read_text()


def test_what_was_found_is_in_the_readme_if_a_later_step_breaks_off(
    stand_in, readme, monkeypatch
):
    run = stand_in.run

    def fail(arguments):
        request = json.loads(Path(arguments[-1]).read_text())
        if request["experiment"] == "experiments.b":
            raise processes.ProcessError("ended with status -15")
        run(arguments)

    monkeypatch.setattr(processes, "run", fail)
    assert preflight.main(["--all", "--readme"]) == 2
    (row,) = rows_of(readme, preflight.ANSWERS)
    assert row.startswith("| `experiments.a` |")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["experiments.a", "--topology", "v9:2x2"], "Unknown topology 'v9:2x2'; the"),
        ([], "Name one experiment"),
        (["experiments.a", "--all"], "Name one experiment"),
        (["--all", "--", "--epochs", "2"], "leave out -- --epochs 2"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_status_2(
    stand_in, capsys, command, message
):
    assert preflight.main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert message in said
    assert said.count("\n") == 1
    assert not stand_in.requests


def test_what_the_processes_say_is_passed_on(stand_in, monkeypatch, capsys):
    stand_in.error = "experiments.a has no train step to check"
    assert preflight.main(["experiments.a"]) == 2
    assert "error: experiments.a has no train step" in capsys.readouterr().err


@pytest.mark.parametrize("name", [preflight.MARKER, preflight.ANSWERS])
def test_the_readme_has_a_place_for_the_rows(name):
    text = (ROOT / "tpu" / "README.md").read_text(encoding="utf-8")
    assert f"<!-- results: {name} -->\n" in text
