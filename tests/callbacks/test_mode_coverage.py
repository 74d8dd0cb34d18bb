import dataclasses
import functools
import types

import numpy as np
import pytest

from ganzoo import data, metrics
from ganzoo.callbacks import ModeCoverage
from ganzoo.files import read_json

RING = data.ring()
POINTS = functools.partial(metrics.point_modes, mixture=RING)


@dataclasses.dataclass
class Seen:
    """A measure that keeps what it is called with."""

    values: np.ndarray = None
    samples: str = ""

    def __call__(self, values, *, samples):
        return dataclasses.replace(self, values=values, samples=samples)

    def scalars(self):
        return {"mean": float(self.values.mean())}

    def to_dict(self):
        return {"dtype": str(self.values.dtype), "samples": self.samples}


def collapsing(points=True):
    """A GAN at some step, whose weights cover a mode less after every step."""
    gan = types.SimpleNamespace(step=0, asked=[])

    def generate(count, **how):
        gan.asked.append({"count": count} | how)
        if not points:
            return np.full((count, 2, 2, 1), -1 if how["average"] else 1, np.float32)
        left = 8 - gan.step + (1 if how["average"] else 0)
        return np.resize(RING.centers[:left], (count, 2)).astype("float32")

    gan.generate = generate
    return gan


@pytest.fixture
def modes(run):
    def make(gan, measures=(POINTS,), **settings):
        when = {"every_images": 1, "images_per_epoch": 24, "epochs": 5}
        callback = ModeCoverage(run, measures, **({"count": 16} | when | settings))
        callback.set_model(gan)
        return callback

    return make


def logged(callback):
    """The logs of all epochs, a step each."""
    found = []
    for epoch in range(callback.epochs):
        callback.model.step = epoch
        found.append({})
        callback.on_epoch_end(epoch, found[-1])
    return found


def test_the_collapse_is_seen_happening(modes):
    series = logged(modes(collapsing()))
    assert [logs["modes"] for logs in series] == [8, 7, 6, 5, 4]
    assert {logs["high_quality"] for logs in series} == {1.0}
    assert all(isinstance(v, float) for logs in series for v in logs.values())


@pytest.mark.parametrize(
    ("every_images", "expected"),
    [(1, [1, 2, 3, 4, 5]), (3 * 24, [1, 4, 5]), (1000 * 24, [1, 5])],
)
def test_the_first_and_the_last_epoch_and_every_so_many_images_are_measured(
    modes, every_images, expected
):
    series = logged(modes(collapsing(), every_images=every_images))
    assert [epoch + 1 for epoch, logs in enumerate(series) if logs] == expected


def test_of_an_average_the_raw_weights_are_measured_beside_it(modes, run):
    gan = collapsing()
    series = logged(modes(gan, average=True, seed=3))
    assert [(x["modes"], x["raw_modes"]) for x in series[1:3]] == [(8, 7), (7, 6)]
    assert [asked["average"] for asked in gan.asked[:2]] == [True, False]
    assert {asked["seed"] for asked in gan.asked} == {3}
    written = read_json(run.path / "modes.json")
    samples = {key: found[0]["card"]["samples"] for key, found in written.items()}
    assert samples == {
        key: f"generator, {key} weights, noise seed 3, after step 4"
        for key in ("averaged", "raw")
    }


def test_the_file_holds_the_newest_measures_with_their_cards(modes, run):
    logged(modes(collapsing()))
    (found,) = read_json(run.path / "modes.json")["raw"]
    assert (found["modes"], found["count"]) == (4, 16)
    assert found["card"]["mixture_fingerprint"] == RING.fingerprint


def test_images_are_measured_as_bytes_by_all_measures(modes, run):
    logs = {}
    measures = (Seen(), functools.partial(Seen()))
    modes(collapsing(points=False), measures, average=True).on_epoch_end(0, logs)
    assert logs == {"mean": 0.0, "raw_mean": 255.0}
    written = read_json(run.path / "modes.json")
    assert [len(written[key]) for key in ("averaged", "raw")] == [2, 2]
    assert written["raw"][0]["dtype"] == "uint8"


def test_a_real_run_writes_the_series_to_its_history(train, tmp_path, image_set):
    threshold = metrics.DuplicateThreshold.build(image_set, fraction=0.1)
    duplicates = functools.partial(metrics.near_duplicates, threshold=threshold)

    def make(run):
        when = {"every_images": 1, "images_per_epoch": 24, "epochs": 2}
        return ModeCoverage(run, [duplicates], count=12, average=True, **when)

    run, _ = train(tmp_path / "run", make=[make])
    for row in run.rows("history.csv"):
        assert 0 <= row["duplicate_share"] <= 1
        assert 0 <= row["raw_duplicate_share"] <= 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"count": 0}, "count=0 samples"), ({"measures": ()}, "measures is empty")],
)
def test_nothing_to_measure_is_refused(modes, changed, message):
    with pytest.raises(ValueError, match=message):
        modes(collapsing(), **changed)
