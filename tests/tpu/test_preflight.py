"""The command, with stand-ins for its two processes."""

import json
from pathlib import Path

import pytest

from tpu import environments, preflight, report

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
    "tools": "libtpu 1",
}
OUT_OF_MEMORY = {
    "stage": "compiling",
    "message": "Ran out of memory",
    "operation": "step/mul",
    "source": None,
}
UNIQUE = {
    "stage": "static shapes",
    "message": "its result has the shape (None,)",
    "operation": "Unique 'unique'",
    "source": "x.py:1 in f",
}


class Processes:
    """What is run, and what it answers."""

    def __init__(self):
        self.requests = []
        self.lowered = {}  # by replicas: a refusal
        self.compiled = {}  # by topology: a refusal
        self.error = None
        self.steps = [["experiments.a"], ["experiments.b", "one"]]

    def run(self, python, arguments, extra=None) -> None:
        where = Path(arguments[-1])
        request = json.loads(where.read_text())
        self.requests.append((str(python), request))
        if "topology" in request:
            refusal = self.compiled.get(request["topology"])
            answer = {"refused": refusal} if refusal else ACCEPTED
            Path(request["optimised"]).write_text(HLO)
            Path(request["result"]).write_text(json.dumps(answer))
            return
        answer = {"tensorflow": "2.20.0", "keras": "3"}
        if self.error:
            answer["error"] = self.error
        elif request["experiment"] is None:
            answer["experiments"] = self.steps
        else:
            program = {"path": "p", "state": [1, 2], "sources": {"step/mul": "x.py:9"}}
            answer |= {"batch": 32, "images": 32, "precision": "float32"}
            answer["programs"] = {
                n: {"refused": self.lowered[n]} if n in self.lowered else program
                for n in request["replicas"]
            }
        Path(request["folder"], "answer.json").write_text(json.dumps(answer))


@pytest.fixture
def processes(monkeypatch):
    stand_in = Processes()
    monkeypatch.setattr(environments, "run", stand_in.run)
    monkeypatch.setattr(environments, "make", lambda name, cache: Path(name))
    monkeypatch.setattr(environments, "made", lambda quick, cache: True)
    return stand_in


def test_each_topology_is_compiled_and_each_number_of_cores_lowered_once(
    processes, capsys
):
    command = ["experiments.a", "--topology", "v2:2x2", "v5e:2x2", "v6e:2x2"]
    assert preflight.main([*command, "--", "--batch-size", "32"]) == 0
    (lowering, first), *compiled = processes.requests
    assert lowering == "lowering"
    assert first["platform"] == "TPU"
    assert first["replicas"] == [4, 8]
    assert first["arguments"] == ["--batch-size", "32"]
    assert [r["topology"] for _, r in compiled] == ["v2:2x2", "v5e:2x2", "v6e:2x2"]
    assert {python for python, _ in compiled} == {"compiling"}
    said = capsys.readouterr().out
    assert said.count(": accepted") == 3
    assert "experiments.a --batch-size 32 on v2:2x2, 8 cores: accepted" in said


def test_a_refusal_of_either_process_is_status_1_and_the_rest_goes_on(
    processes, capsys
):
    processes.lowered = {8: UNIQUE}
    processes.compiled = {"v5e:2x2": OUT_OF_MEMORY}
    command = ["experiments.a", "--topology", "v2:2x2", "v5e:2x2", "v6e:2x2"]
    assert preflight.main(command) == 1
    said = capsys.readouterr().out
    assert said.count("REFUSED") == 2
    assert said.count("accepted") == 1
    assert "Unique 'unique'" in said
    assert "x.py:9" in said  # the compiler knows the operation, lowering its line


def test_all_checks_every_step_that_there_is(processes, capsys):
    assert preflight.main(["--all"]) == 0
    said = capsys.readouterr().out
    assert "experiments.a on v5e:2x2" in said
    assert "experiments.b one on" in said


def test_quick_needs_one_environment_and_gives_no_rate(processes, monkeypatch, capsys):
    made = []
    monkeypatch.setattr(
        environments, "make", lambda name, cache: made.append(name) or Path(name)
    )
    assert preflight.main(["experiments.a", "--quick"]) == 0
    assert made == ["compiling"]
    python, request = processes.requests[0]
    assert python == preflight.sys.executable
    assert request["platform"] == "CPU"
    assert "images/s  " not in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--quick"]])
def test_what_cannot_be_meant_is_told_before_an_environment_is_made(
    processes, monkeypatch, capsys, options
):
    made = []
    monkeypatch.setattr(environments, "made", lambda quick, cache: False)
    monkeypatch.setattr(
        environments, "make", lambda name, cache: made.append(name) or Path(name)
    )
    processes.error = "There is no module 'nosuch'; the experiments with ..."
    command = ["nosuch", *options, "--topology", "v5e:1x1", "--", "--epochs", "2"]
    assert preflight.main(command) == 2
    assert "error: There is no module 'nosuch'" in capsys.readouterr().err
    assert not made
    ((python, request),) = processes.requests
    assert python == preflight.sys.executable
    assert (request["experiment"], request["platform"]) == ("nosuch", None)
    assert (request["arguments"], request["replicas"]) == (["--epochs", "2"], [1])

    processes.error = None
    assert preflight.main(["experiments.a", *options]) == 0
    assert made[-1] == "compiling"
    assert len(made) == 2 - len(options)


def test_arguments_that_ask_for_help_are_told_of(processes, monkeypatch, capsys):
    monkeypatch.setattr(environments, "run", lambda *arguments: None)
    assert preflight.main(["experiments.a", "--", "--help"]) == 2
    assert "pass them to `python -m experiments.a`" in capsys.readouterr().err


def test_programs_are_kept_where_asked(processes, tmp_path):
    keep = tmp_path / "kept"
    preflight.main(["experiments.a", "--keep", str(keep), "--", "--loss", "hinge"])
    assert (keep / "0-a-loss-hinge" / "v5e_2x2.hlo").read_text() == HLO


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


def test_accepted_rows_go_to_the_readme(processes, readme):
    processes.compiled = {"v5e:2x2": OUT_OF_MEMORY}
    command = ["experiments.a", "--readme", "--topology"]
    assert preflight.main([*command, "v2:2x2", "v5e:2x2"]) == 1
    (row,) = rows_of(readme, preflight.MARKER)
    assert row.startswith("| `experiments.a` | float32 | v2:2x2 | 8 | 32 |")
    text = readme.read_text()
    assert "libtpu 1." in text
    assert text.endswith("More.\n")
    assert preflight.main([*command, "v6e:2x2"]) == 0
    assert len(rows_of(readme, preflight.MARKER)) == 2


def test_every_answer_goes_to_the_readme(processes, readme):
    processes.compiled = {"v5e:2x2": OUT_OF_MEMORY}
    command = ["experiments.a", "--readme", "--topology", "v5e:2x2", "v5e:1x1"]
    first = [
        "| `experiments.a` | full | v5e:2x2 | REFUSED: step/mul, x.py:9 |  |  |",
        "| `experiments.a` | full | v5e:1x1 | accepted | 41 | 0.00 of 15.75 GiB |",
    ]
    assert preflight.main(command) == 1
    assert rows_of(readme, preflight.ANSWERS) == first
    assert preflight.main([*command[:3], "v5e:1x1", "--quick"]) == 0
    quick = first[1].replace("full", "quick")
    assert rows_of(readme, preflight.ANSWERS) == [*first, quick]
    # Without the TPU's kernels there are no estimates.
    assert len(rows_of(readme, preflight.MARKER)) == 1
    processes.compiled = {}
    assert preflight.main(command) == 0
    again = rows_of(readme, preflight.ANSWERS)
    assert again == [first[1].replace("1x1", "2x2"), first[1], quick]
    assert "The newest row is from `" in readme.read_text()


def test_what_was_found_is_in_the_readme_if_a_later_step_breaks_off(
    processes, readme, monkeypatch
):
    run = processes.run

    def fail(python, arguments, extra=None):
        request = json.loads(Path(arguments[-1]).read_text())
        if request.get("experiment") == "experiments.b":
            raise environments.HelperError("ended with status -15")
        run(python, arguments, extra)

    monkeypatch.setattr(environments, "run", fail)
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
    processes, capsys, command, message
):
    assert preflight.main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert message in said
    assert said.count("\n") == 1
    assert not processes.requests


def test_what_the_processes_say_is_passed_on(processes, monkeypatch, capsys):
    processes.error = "experiments.a has no train step to check"
    assert preflight.main(["experiments.a"]) == 2
    assert "error: experiments.a has no train step" in capsys.readouterr().err

    def fail(*_):
        raise environments.HelperError("The environment 'lowering' cannot be created")

    monkeypatch.setattr(environments, "make", fail)
    assert preflight.main(["experiments.a"]) == 2
    assert "error: The environment 'lowering'" in capsys.readouterr().err


@pytest.mark.parametrize("name", [preflight.MARKER, preflight.ANSWERS])
def test_the_readme_has_a_place_for_the_rows(name):
    text = (ROOT / "tpu" / "README.md").read_text(encoding="utf-8")
    assert f"<!-- results: {name} -->\n" in text
