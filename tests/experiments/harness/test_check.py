import dataclasses
import json
import sys

import pytest

from experiments import harness, mnist_gan
from experiments.harness import check as checking
from experiments.harness import discover, results
from experiments.harness.check import check, same_settings
from experiments.harness.command import run_tool
from experiments.harness.reference import TOLERANCES, ReferenceValue, Tolerance
from experiments.svhn_training_images.reference_values import REFERENCE_VALUES
from ganzoo.files import write_rows

# What the names of a paper's published reports begin with.
PUBLISHED = {
    "mnist_gan": "mnist_gan",
    "cifar10_gan": "cifar10",
    "multi_digit_mnist": "multi_digit",
    "svhn_training_images": "training_images",
    "gan_variants": (
        *("minibatch", "infogan", "discogan", "stacked", "ring", "features_mnist"),
        *("stacked_large", "collapse"),
    ),
    "own_images": "own_images",
}
# Claims of the sources that our published runs do not meet: report -> numbers.
NOT_REPRODUCED = {
    "stacked": {"unrolled-1/last/modes_of_all", "unrolled-10/last/modes_of_all"},
    "infogan_undistorted": {"undistorted/last/purity"},
    "multi_digit_source": {"final/unseen_same_mix_accuracy"},
}
SETTINGS = {"epochs": 2, "dataset": "mnist", "batch_size": 8, "seed": 0, "sizes": [1]}


@dataclasses.dataclass(frozen=True)
class Config:
    modes: int = 8


@pytest.fixture
def folder(tmp_path):
    """A finished run of two epochs."""
    path = tmp_path / "run"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(SETTINGS))
    rows = [
        {"step": 3, "epoch": 1, "frechet_distance": 8.0, "modes": 4},
        {"step": 6, "epoch": 2, "frechet_distance": 2.0, "modes": 8},
    ]
    write_rows(path / "history.csv", rows)
    return path


@pytest.fixture
def reports(tmp_path):
    """Publishes results; returns the folder of the reports."""

    def publish(*results, name: str = "mine"):
        (tmp_path / "reports" / name).mkdir(parents=True)
        (tmp_path / "reports" / name / "numbers.json").write_text(
            json.dumps({"results": list(results)})
        )
        return tmp_path / "reports"

    return publish


def result(numbers: dict, name: str = "", **changes) -> dict:
    settings = SETTINGS | {"seed": 3} | changes
    return {"name": name, "config": settings, "seeds": 1, "numbers": numbers}


def lines(folder, bounds, reports, **declared):
    """The lines of a command that declares these reference values."""
    command = harness.Command(config=Config, reference_values=bounds, **declared)
    return checking.lines(folder, command, reports)


def every_tolerance() -> list[Tolerance]:
    own = [
        one for command in discover.commands() for one in command.tolerances.values()
    ]
    return [*TOLERANCES.values(), *own]


def verdicts(found) -> dict[str, bool]:
    return {line.name: line.passed for line in found}


# ------------------------------------------------------------------------- the source


def test_a_bound_is_met_or_not_and_the_line_says_by_what(folder, tmp_path):
    bounds = [
        ReferenceValue("last/modes", "8 modes, to 1", minimum=7.0),
        ReferenceValue("last/modes", "no more than 7", maximum=7.0),
        ReferenceValue(
            "last/frechet_distance",
            "better",
            maximum=0.25,
            relative_to="first/frechet_distance",
        ),
    ]
    found = lines(folder, bounds, tmp_path)
    assert [str(line) for line in found] == [
        "PASS last/modes = 8, at least 7: the source: 8 modes, to 1",
        "FAIL last/modes = 8, at most 7: the source: no more than 7",
        "PASS last/frechet_distance = 2, at most 2 (0.25 times first/frechet_distance)"
        ": the source: better",
    ]


def test_a_bound_of_other_runs_does_not_count(folder, tmp_path):
    bounds = [
        ReferenceValue(
            "last/modes", "", minimum=99.0, when=lambda s: s["dataset"] == "ring"
        ),
        ReferenceValue("last/purity", "", minimum=99.0),
        ReferenceValue("last/modes", "", minimum=99.0, relative_to="gan/last/modes"),
        ReferenceValue("last/modes", "", minimum=1.0),
    ]
    assert verdicts(lines(folder, bounds, tmp_path)) == {"last/modes": True}


def test_nothing_to_compare_is_an_error_not_a_success(folder, tmp_path):
    with pytest.raises(
        ValueError, match="run has no number to compare: neither the source"
    ):
        lines(folder, mnist_gan.EXPERIMENT.reference_values, tmp_path)


# ------------------------------------------------------------------ what was published


def test_not_worse_by_more_than_the_tolerance(folder, reports):
    # 20% and 0.2 for the distance, 25% for the modes.
    published = {"last/frechet_distance": 1.51, "last/modes": 10.6, "last/loss": 0.0}
    found = lines(folder, [], reports(result(published)))
    assert verdicts(found) == {"last/frechet_distance": True, "last/modes": True}
    assert str(found[0]) == (
        "PASS last/frechet_distance = 2, at most 2.012: reports/mine has 1.51, "
        "tolerance 20% and 0.2"
    )


def test_worse_fails_and_better_does_not(folder, reports):
    published = {"last/frechet_distance": 1.49, "last/modes": 10.7}
    found = lines(folder, [], reports(result(published)))
    assert verdicts(found) == {"last/frechet_distance": False, "last/modes": False}
    better = {"last/frechet_distance": 50.0, "last/modes": 1.0}
    found = lines(folder, [], reports(result(better), name="worse"))
    assert verdicts(found[2:]) == {"last/frechet_distance": True, "last/modes": True}


@pytest.mark.parametrize(
    "changes", [{"dataset": "digits"}, {"epochs": 3}, {"sizes": [2]}, {"extra": None}]
)
def test_other_settings_are_not_compared(folder, reports, changes):
    where = reports(result({"last/modes": 8.0}, **changes))
    with pytest.raises(ValueError, match="has numbers for these settings"):
        lines(folder, [], where)


def test_a_setting_of_today_is_no_difference_to_a_report_of_old():
    assert same_settings({"rate": 1, "on_nan": "stop", "new": 2}, {"rate": 1})
    assert same_settings({"rate": 1, "output": "a"}, {"rate": 1, "output": "b"})
    assert not same_settings({"rate": 1}, {"rate": 1, "gone": 2})


def test_what_cannot_fail_is_not_compared(folder, reports):
    with pytest.raises(ValueError, match="no number"):
        lines(folder, [], reports(result({"last/modes": 0.0})))


def test_two_reports_of_one_run_are_one_line(folder, reports):
    reports(result({"last/modes": 8.0}), name="alone")
    where = reports(result({"last/modes": 8.0}, name="gan"), name="beside")
    (line,) = lines(folder, [], where)
    assert line.origin.startswith("reports/alone has 8")


def test_final_numbers_stand_for_those_of_the_last_epoch(folder, reports):
    (folder / "final.json").write_text(json.dumps({"rows": [{"modes": 8.0}]}))
    where = reports(result({"last/modes": 8.0, "final/modes": 8.0}))
    assert verdicts(lines(folder, [], where)) == {"final/modes": True}


def test_the_bound_lies_on_the_worse_side():
    assert Tolerance(1, 0.25, 1.0).bound(8.0) == 5.0
    assert Tolerance(-1, 0.25, 1.0).bound(8.0) == 11.0
    assert str(Tolerance(-1, 0.25)) == "25%"
    assert str(Tolerance(1, absolute=0.1)) == "0.1"
    assert all(one.fraction or one.absolute for one in every_tolerance())


# ---------------------------------------------------------------- the committed records


@pytest.mark.parametrize("paper", discover.papers(), ids=lambda paper: paper.name)
def test_the_published_results_are_what_the_sources_say_but_for_a_known_few(paper):
    checked, failed = set(), {}
    for command in [one.load() for one in paper.commands.values()]:
        for report, found in results.published(checking.REPORTS).items():
            for line in checking.from_source(found, command.reference_values):
                if report.startswith(PUBLISHED[paper.name]):
                    checked.add(report)
                    if not line.passed:
                        failed.setdefault(report, set()).add(line.name)
    # Published under other settings than the source's: nothing to hold them to.
    # Own images are nobody's.
    assert checked or paper.name in ("svhn_training_images", "own_images")
    expected = {k: v for k, v in NOT_REPRODUCED.items() if k in checked}
    assert failed == expected


def test_every_reference_value_can_fail_and_says_why():
    for command in discover.commands():
        for bound in command.reference_values:
            assert (bound.minimum is None) != (bound.maximum is None)
            assert bound.claim
            assert bound.when({}) in (True, False)


def test_the_sources_accuracies_on_svhn_and_their_order():
    def compared(**accuracies):
        config = {"dataset": "svhn_cropped", "train_images": None}
        table = {f"accuracy/{name}": value for name, value in accuracies.items()}
        one = results.Result("", config, 1, table)
        found = checking.from_source([one], REFERENCE_VALUES)
        return [line.passed for line in found]

    assert compared(real=0.86, source=0.63, dcgans=0.77) == [True] * 5
    assert compared(real=0.80, source=0.57, dcgans=0.71) == [False] * 3 + [True] * 2
    assert compared(source=0.63, dcgans=0.62) == [True, False, False]


# --------------------------------------------------------------------- the command line


@pytest.fixture
def command(folder, monkeypatch, tmp_path):
    """Gives a command line; returns the exit status."""
    monkeypatch.setattr(checking, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr("sys.argv", ["program", "--modes", "9", "--check"])
    bounds = (ReferenceValue("last/modes", "words", minimum=5.0),)

    def run(config):
        write_rows(folder / "history.csv", [{"epoch": 2, "modes": config.modes}])
        return folder

    def give(*words, bounds=bounds):
        one = harness.Command(config=Config, function=run, reference_values=bounds)
        paper = harness.Paper(name="x", description="Text.", commands={"": one})
        try:
            harness.main(paper, words)
        except SystemExit as stop:
            return stop.code
        return 0

    return give


def test_a_check_passes_or_ends_in_status_1(command, capsys):
    assert command("--modes", "6", "--check") == 0
    assert capsys.readouterr().out == (
        "PASS last/modes = 6, at least 5: the source: words\n"
        "1 of 1 numbers are as expected.\n"
    )
    assert command("--check", "--modes", "4") == 1
    said = capsys.readouterr().out
    assert said.startswith("FAIL last/modes = 4")
    assert "0 of 1 numbers are" in said


def test_without_the_word_nothing_is_checked(command, capsys):
    assert command("--modes", "4") == 0
    assert capsys.readouterr().out == ""


def test_nothing_to_check_is_an_error_of_one_line(command, capsys):
    assert command("--check", bounds=()) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert len(said.splitlines()) == 1


def test_a_tool_that_has_no_numbers_does_not_know_the_word(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["program", "--check"])
    with pytest.raises(SystemExit) as stop:
        run_tool(harness.LazyCommand(Config, "builtins", "print", "Text."))
    assert stop.value.code == 2
    assert "--check" in capsys.readouterr().err


def test_the_run_does_not_learn_of_the_check(command):
    command("--check")
    assert sys.argv == ["program", "--modes", "9"]


def test_help_tells_of_the_check(command, capsys):
    assert command("--help") == 0
    assert "With --check the numbers of the finished run" in capsys.readouterr().out


def test_a_check_from_a_notebook_takes_a_run_folder(folder, capsys, tmp_path):
    bounds = (ReferenceValue("last/modes", "words", minimum=9.0),)
    command = harness.Command(config=Config, reference_values=bounds)
    assert check(folder, command) is False
    assert "FAIL last/modes = 8" in capsys.readouterr().out
