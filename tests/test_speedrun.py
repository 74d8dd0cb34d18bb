"""The speedrun stops at its target, and its table says what was reached."""

import dataclasses
import itertools
import types

import pytest

from experiments.mnist_gan import Quick
from tests.benchmarks import speedrun

TINY = Quick(width=2, latent_dim=2, train_images=320, batch_size=160, dataset="digits")


def course(*distances):
    return [
        dataclasses.asdict(speedrun.Point(1_000 * n, 10.0 * n, 20.0 * n, distance, 0.9))
        for n, distance in enumerate(distances, start=1)
    ]


@pytest.mark.parametrize(
    ("targets", "points"),
    [((1e9,), 1), ((0.0,), 3)],
    ids=["the target ends it", "the time ends it"],
)
def test_training_ends_at_the_target_or_when_the_time_is_over(
    targets, points, monkeypatch
):
    monkeypatch.setitem(speedrun.MEASURE, "samples", 20)
    monkeypatch.setitem(speedrun.TARGETS, "mnist", targets)
    minutes = itertools.count()  # one per step
    clock = types.SimpleNamespace(
        perf_counter=lambda: 60.0 * next(minutes), process_time=lambda: 0.0
    )
    monkeypatch.setattr(speedrun, "time", clock)
    found = speedrun.run(dataclasses.replace(TINY, deterministic=False), minutes=80.0)
    assert len(found) == points
    assert found[0].images == 5_120  # the first whole batch after 5,000
    assert found[-1].seconds > 60 * 80 or points == 1


def test_the_first_measurement_at_the_target_counts():
    one = course(9.0, 4.0, 6.0, 0.5)
    assert speedrun.arrival(one, 5.4)["images"] == 2_000
    assert speedrun.arrival(one, 1.0)["images"] == 4_000
    assert speedrun.arrival(one, 0.4) is None


def test_a_row_has_means_over_the_seeds_and_says_what_was_not_reached():
    record = {
        "recipe": "quick",
        "courses": [course(9.0, 4.0, 2.0), course(4.0, 3.0, 0.9)],
        "machine": {"processor": "P", "git_commit": "C", "time": "2026-01-02T03"},
    }
    row = speedrun.row(record, (5.4, 1.0))
    assert row["s to 5.4"] == "15 ± 7"
    assert row["processor s to 1"] == "60 (1 of 2 seeds)"
    assert (row["machine"], row["commit"], row["date"]) == ("P", "C", "2026-01-02")
    assert speedrun.row(record, (5.4, 0.1))["s to 0.1"] == "> 30 (at 0.9)"


@pytest.mark.parametrize("name", speedrun.RECIPES)
def test_recipes_are_settings_of_experiments(name):
    _, recipe = speedrun.RECIPES[name]
    recipe.check_values()
    data = {"mnist": "mnist", "cifar10": "cifar10_jpeg"}
    assert recipe.dataset == data[speedrun.extractor(recipe)]
    assert recipe.train_images is None


def test_a_record_replaces_one_of_its_kind_only():
    machine = {"processor": "P", "variables": {"TF_NUM_INTRAOP_THREADS": "1"}}
    one = {"recipe": "quick", "machine": {"processor": "P"}}
    kinds = {
        speedrun._kind(one),
        speedrun._kind(one | {"machine": machine}),
        speedrun._kind(one | {"precision": "mixed_bfloat16"}),
        speedrun._kind(one | {"recipe": "small"}),
    }
    assert len(kinds) == 4
    assert speedrun._kind(one | {"courses": []}) in kinds
