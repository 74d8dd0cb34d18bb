"""A run folder that is moved, or of which something is gone: told, never silent."""

import dataclasses
import re
import shutil
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from experiments import harness
from experiments.harness.report.run_report import read_image
from ganzoo import callbacks, runs
from ganzoo.files import read_json

STEPS, BATCH, SHAPE = 3, 4, (4, 4, 1)
TIMES = ("seconds", "images_per_second", "data_wait")


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    dataset: str = "noise"
    epochs: int = 2


def build() -> ganzoo.GAN:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    generator = [keras.Input((3,)), layers.Dense(16, "tanh"), layers.Reshape(SHAPE)]
    discriminator = [keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)]
    gan = ganzoo.GAN(
        keras.Sequential(generator), keras.Sequential(discriminator), seed=5
    )
    adam = keras.optimizers.Adam
    gan.compile(adam(0.01), adam(0.01), run_eagerly=True)
    return gan


def measure(values, samples):
    """A measure as `callbacks.ModeCoverage` takes one."""
    mean = float(values.mean())
    return types.SimpleNamespace(
        scalars=lambda: {"modes": mean},
        to_dict=lambda: {"modes": mean, "card": {"classes": 3, "samples": samples}},
    )


def shown(report: harness.RunReport) -> None:
    report.table([{"modes": row["modes"]} for row in report.epochs])
    report.text(read_json(report.folder / "modes.json")["raw"][0]["card"]["samples"])
    report.text(str(report.steps))
    picture = report.folder / "samples" / "epoch_0001.png"
    report.image("one", "One", read_image(picture))


class At(keras.callbacks.Callback):
    """Calls a function after a step, or at the end of an epoch."""

    def __init__(self, function, step: int = 0, epoch: int = 0):
        super().__init__()
        self.function, self.step, self.epoch = function, step, epoch

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.step) == self.step:
            self.function()

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            self.function()


class Noise(harness.Data):
    """Batches of noise."""

    fingerprint = "noise"
    steps_per_epoch = STEPS

    def batches(self, step: int = 0):
        return tf.data.Dataset.from_tensor_slices(self.train[step:])


@pytest.fixture(scope="module")
def go():
    """Starts or resumes a run in a folder."""
    numbers = np.random.default_rng(0)
    reals = numbers.uniform(-1, 1, (STEPS * BATCH, *SHAPE)).astype("float32")
    batches = np.stack(np.split(reals, STEPS) * 10)
    pictures = numbers.integers(0, 256, (4, *SHAPE)).astype("uint8")

    def extra(folder, more):
        settings = {"count": 4, "every_images": 1, "images_per_epoch": 12, "epochs": 2}
        grids = callbacks.SampleGrids(folder, pictures, count=4)
        return [grids, *more, callbacks.ModeCoverage(folder, [measure], **settings)]

    def go(path, *more, **changes):
        config = Config(output=str(path), deterministic=False, **changes)
        experiment = harness.Experiment(
            config=Config,
            data=lambda config: Noise(config, batches),
            build=lambda config: build(),
            inputs=harness.images_of(*SHAPE),
            callbacks=lambda folder, config, data: extra(folder, more),
            report=harness.Sections(lambda *rest: "A GAN of a few weights", (shown,)),
        )
        return experiment.run(config)

    return go


@pytest.fixture(scope="module")
def half(go, tmp_path_factory):
    """A run of one epoch of two."""
    return go(tmp_path_factory.mktemp("half") / "run", epochs=1).path


@pytest.fixture(scope="module")
def whole(go, half, tmp_path_factory):
    """A finished run, which was resumed after its first epoch."""
    path = shutil.copytree(half, tmp_path_factory.mktemp("whole") / "run")
    return go(path).path


def said(folder) -> dict[str, object]:
    """What a run says, but for its times."""
    rows = runs.Run(
        folder, read_json(folder / "config.json"), fingerprint="noise"
    ).rows("history.csv")
    found = {"history": [{k: v for k, v in r.items() if k not in TIMES} for r in rows]}
    for name in ("steps.csv", "modes.json", "health.json"):
        found[name] = (folder / name).read_bytes()
    for path in sorted((folder / "samples").iterdir()):
        if not path.name.startswith("damaged_"):
            found[path.name] = path.read_bytes()
    found["figure"] = (folder / "figures" / "one.png").read_bytes()
    return found


# ----------------------------------------------------------------------------- moved


MOMENTS = (({"step": 2}, "run"), ({"step": 3}, "above it"), ({"epoch": 1}, "run"))


@pytest.mark.parametrize(("moment", "what"), MOMENTS)
def test_a_moved_folder_is_followed_and_the_training_ends_there(
    tmp_path, go, whole, moment, what
):
    before, after = tmp_path / "a" / "run", tmp_path / "b" / "run"

    def move():
        if what == "run":
            after.parent.mkdir()
            before.rename(after)
        else:
            before.parent.rename(after.parent)

    with pytest.raises(runs.MovedError) as caught:
        go(before, At(move, **moment))
    assert str(caught.value) == (
        f"{before} was moved to {after} during training. Stopped after step "
        f"{caught.value.step}; everything is saved there. To resume, give the same "
        "command with the new path as --output."
    )
    assert not before.exists()
    assert said(go(after).path) == said(whole)


@pytest.mark.parametrize("moment", [{"step": 2}, {"step": 3}, {"epoch": 1}])
def test_a_deleted_folder_is_not_made_anew(tmp_path, go, moment):
    path = tmp_path / "run"
    with pytest.raises(runs.RunError, match="is gone: it was deleted, or moved where"):
        go(path, At(lambda: shutil.rmtree(path), **moment))
    assert not path.exists()


def test_another_folder_in_its_place_is_left_alone(tmp_path, go):
    path = tmp_path / "run"

    def exchange():
        path.rename(tmp_path / "other")
        path.mkdir()

    with pytest.raises(runs.MovedError):
        go(path, At(exchange, step=2))
    assert not list(path.iterdir())


# --------------------------------------------------------------------------- deleted

COPY = r"Put a good copy in place"
# For each kind of file of a finished run: what is said where one of them is gone, and
# whether it is an error. What is not here is written anew.
GONE = {
    "config.json": (r"config\.json.* is missing.*" + COPY, True),
    "manifest.json": (r"manifest\.json.* is missing.*" + COPY, True),
    "steps.csv": (r"steps\.csv is missing\. " + COPY, True),
    "history.csv": (r"history\.csv is missing\. " + COPY, True),
    "modes.json": (r"modes\.json is missing\. .*or delete .*_00000006\.", True),
    "samples/": (r"samples/.* is missing: ignored; the run", False),
    "tensorboard/": (r"tensorboard/.* is missing: ignored; the run", False),
    "checkpoints/step_00000006.weights.h5": (r"resumes after step 3 of 6", False),
    "checkpoints/step_00000003.weights.h5": (r"resumes after step 6 of 6", False),
}
ANEW = (
    *("health.json", "generator.keras", "generator.json"),
    *("report.md", "figures/one.png"),
)


def files_of(folder) -> list[str]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    names = [path.relative_to(folder).as_posix() for path in found]
    return sorted(name for name in names if name != ".lock")


def rule(name: str) -> tuple[str, bool] | None:
    return next((GONE[key] for key in GONE if name.startswith(key)), None)


def test_each_file_that_is_gone_is_told_or_written_anew(tmp_path, go, whole, capfd):
    for number, name in enumerate(files_of(whole)):
        path = shutil.copytree(whole, tmp_path / str(number))
        (path / name).unlink()
        capfd.readouterr()
        message = ""
        try:
            go(path)
        except runs.RunError as error:
            message = str(error)
        shown = message + "".join(capfd.readouterr())
        if rule(name) is None:
            assert name in ANEW, name
            assert not message, name
            assert name == "report.md" or said(path) == said(whole)
            assert (path / name).exists(), name
            continue
        words, refused = rule(name)
        assert bool(message) == refused, (name, message)
        assert "\n" not in message, (name, message)
        assert re.search(words, shown), (name, shown)
        if "checkpoints" in name:
            assert said(path) == said(whole)


def test_without_its_checkpoints_a_run_is_not_trained_anew(tmp_path, go, whole):
    path = shutil.copytree(whole, tmp_path / "run")
    shutil.rmtree(path / "checkpoints")
    with pytest.raises(
        runs.RunError, match=r"no longer has a checkpoint.*another --out"
    ):
        go(path)
    assert (path / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()


def test_a_manifest_without_its_starts_is_named(tmp_path, go, whole):
    path = shutil.copytree(whole, tmp_path / "run")
    manifest = read_json(path / "manifest.json")
    runs.write_json(path / "manifest.json", {"data": manifest["data"]})
    with pytest.raises(runs.RunError, match=r'manifest\.json has no list "starts"'):
        go(path)


def test_measures_that_are_written_anew_anyway_stop_nobody(tmp_path, go, half, whole):
    for number, damage in enumerate((None, b'{"raw": [], "checksum": "sha256:0"}')):
        path = shutil.copytree(half, tmp_path / str(number))
        (path / "modes.json").unlink()
        if damage is not None:
            (path / "modes.json").write_bytes(damage)
        assert said(go(path).path) == said(whole)


# --------------------------------------------------------------------------- damaged


@pytest.mark.parametrize("count", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_no_flipped_bit_changes_a_result_silently(
    tmp_path, go, half, whole, capfd, count
):
    chance = np.random.default_rng(count)
    for number in range(count):
        source = (half, whole)[number % 2]
        path = shutil.copytree(source, tmp_path / str(number))
        name = str(chance.choice(files_of(path)))
        content = bytearray((path / name).read_bytes())
        place, bit = chance.integers(len(content)), chance.integers(8)
        content[place] ^= 1 << bit
        (path / name).write_bytes(content)
        capfd.readouterr()
        try:
            go(path)
        except runs.RunError as error:
            told = "config.json" if "other settings" in str(error) else str(error)
            assert name.rpartition("/")[2] in told
            continue
        shown = "".join(capfd.readouterr())
        same = said(path) == said(whole)
        told = name.rpartition("/")[2] in shown
        assert same or (told and name.startswith("samples/")), (name, place, bit)
