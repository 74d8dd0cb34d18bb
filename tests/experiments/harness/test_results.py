import json

import pytest

from experiments.gan_variants.features import read_results as of_features
from experiments.harness import results
from experiments.svhn_training_images import classify, compare
from ganzoo.files import write_rows


def run_folder(path, rows, **settings):
    """A run as far as its numbers go."""
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps({"epochs": 2} | settings))
    write_rows(path / "history.csv", rows)
    return path


ROWS = [
    {"step": 3, "epoch": 1, "distance": 8.0, "class_1": 0.5, "late": 1.0},
    {"step": 6, "epoch": 2, "distance": 4.0, "class_1": 0.5, "seconds": 9.0},
]


def test_the_first_and_the_last_value_of_every_column_are_kept(tmp_path):
    (found,) = results.results(run_folder(tmp_path / "run", ROWS))
    assert found.numbers == {
        "first/distance": 8.0,
        "last/distance": 4.0,
        "first/late": 1.0,
        "last/late": 1.0,  # measured less often than the epochs come
    }
    assert (found.name, found.seeds, found.config) == ("", 1, {"epochs": 2})


def test_what_was_measured_at_the_end_is_a_mean_over_the_draws(tmp_path):
    folder = run_folder(tmp_path / "run", ROWS)
    rows = [{"recall": 0.25, "class_0": 1.0}, {"recall": 0.75, "class_0": 0.0}]
    (folder / "final.json").write_text(json.dumps({"step": 6, "rows": rows}))
    (found,) = results.results(folder)
    assert found.numbers["final/recall"] == 0.5
    assert "final/class_0" not in found.numbers
    one = {"generated": {"seen_accuracy": 0.5}, "real": {"seen_accuracy": 1.0}}
    (folder / "final.json").write_text(json.dumps(one))
    (found,) = results.results(folder)
    assert found.numbers["final/seen_accuracy"] == 0.5


def test_the_epochs_recorded_are_those_trained_not_those_asked_for_last(tmp_path):
    folder = run_folder(tmp_path / "run", ROWS, epochs=1, output="here")
    (found,) = results.results(folder)
    assert found.config == {"epochs": 2}


def test_errors_of_classifiers_have_their_features_and_labels(tmp_path):
    folder = run_folder(tmp_path / "run", ROWS)
    errors = {"raw pixels": {"100": [0.25, 0.75]}}
    (folder / "features.json").write_text(json.dumps(errors))
    (found,) = results.results(folder, [None, of_features])
    assert found.numbers["error/raw pixels/100"] == 0.5


def test_the_variants_of_a_benchmark_are_means_over_their_seeds(tmp_path):
    for name, last in (("gan_seed0", 2.0), ("gan_seed1", 6.0), ("un-1_seed0", 5.0)):
        run_folder(tmp_path / name, [ROWS[0], ROWS[1] | {"distance": last}], name=name)
    run_folder(tmp_path / "half_seed0", ROWS[:1])  # the second epoch is to come
    found = {one.name: one for one in results.results(tmp_path)}
    assert found.keys() == {"gan", "un-1"}
    assert found["gan"].numbers["last/distance"] == 4.0
    assert found["gan"].seeds == 2
    assert found["gan"].config["name"] == "gan_seed0"


def test_classifiers_have_an_accuracy(tmp_path):
    folder = run_folder(tmp_path / "judge", [])
    (folder / "train").mkdir()
    for seed, right in ((0, 3), (1, 1)):
        tests = {"real": {"confusion": [[right, 4 - right], [0, 4]]}, "other": {}}
        path = folder / "train" / f"seed_{seed}.json"
        path.write_text(json.dumps({"tests": tests}))
    (found,) = results.results(folder, [of_features, classify.read_results])
    assert found.numbers == {"accuracy": pytest.approx((7 / 8 + 5 / 8) / 2)}


def test_compared_training_images_have_an_accuracy_each(tmp_path):
    run_folder(tmp_path / "judges", [], dataset="mnist_m")

    def tested(name, accuracy):
        return {"accuracy": accuracy, "card": {"test": {"name": name}}}

    rows = {
        "real": {"tested": [tested("mnist_m", 0.9), tested("svhn", 0.5)]},
        "rich": {"tested": [tested("mnist_m", 0.6)]},
    }
    (tmp_path / "results.json").write_text(json.dumps(rows))
    (found,) = results.results(tmp_path, [classify.read_results, compare.read_results])
    assert found.numbers == {
        "accuracy/real": 0.9,
        "accuracy/real/svhn": 0.5,
        "accuracy/rich": 0.6,
    }
    assert found.config["dataset"] == "mnist_m"


def test_what_is_published_comes_back(tmp_path):
    folder = run_folder(tmp_path / "run", ROWS)
    (tmp_path / "reports" / "mine").mkdir(parents=True)
    results.publish(folder, tmp_path / "reports" / "mine")
    assert results.published(tmp_path / "reports") == {"mine": results.results(folder)}
    (tmp_path / "empty").mkdir()
    results.publish(tmp_path / "empty", tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == []


def test_an_answer_is_kept_until_the_question_changes(tmp_path):
    path, found = tmp_path / "final.json", []

    def answer() -> dict:
        found.append(1)
        return {"share": 0.5}

    for step, count in ((6, 1), (6, 1), (9, 2)):
        kept = results.cached(path, {"step": step}, answer)
        assert kept == {"step": step, "share": 0.5}
        assert len(found) == count
    path.write_text("{")  # damaged: found anew
    assert results.cached(path, {"step": 9}, answer)["share"] == 0.5
    assert len(found) == 3
