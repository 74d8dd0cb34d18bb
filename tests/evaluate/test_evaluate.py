"""Generators and images measured against a data set, on the command line too."""

import contextlib
import json

import keras
import numpy as np
import pytest
from PIL import Image

from ganzoo import data, evaluate, metrics, networks, zoo
from ganzoo.cli import main
from ganzoo.evaluate import evaluation, extractors, locating
from ganzoo.evaluate import table as evaluate_table
from ganzoo.evaluate.progress import Watched
from ganzoo.zoo import catalog

pytestmark = pytest.mark.usefixtures("without_graphs")


@pytest.fixture(scope="module")
def blocks(tmp_path_factory) -> str:
    """Blocks of noise as a data set: 150 training and 120 test images."""
    small = np.random.default_rng(0).integers(0, 256, (270, 4, 4), dtype=np.uint8)
    images = np.kron(small, np.ones((7, 7), np.uint8))
    labels = np.arange(270) % 10
    path = tmp_path_factory.mktemp("data") / "blocks.npz"
    arrays = {"images": images[:150], "labels": labels[:150]}
    np.savez(path, **arrays, test_images=images[150:], test_labels=labels[150:])
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of 110 images of noise, grey ones saved in colour."""
    path = tmp_path_factory.mktemp("own_images")
    noise = np.random.default_rng(1).integers(0, 256, (110, 28, 28), dtype=np.uint8)
    for number, image in enumerate(noise):
        Image.fromarray(image).convert("RGB").save(path / f"{number:03d}.png")
    return path, noise[..., None]


@pytest.fixture(scope="module")
def found(blocks, folder):
    return evaluate.evaluate(str(folder[0]), blocks, progress=False)


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo with a generator, one of stacked digits, and the classifier of digits."""
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    keras.utils.set_random_seed(0)
    arguments = {"latent_dim": 4, "units": 2}
    for name, channels in (("plain", 1), ("piled", 3)):
        shape = arguments | {"channels": channels}
        network = networks.mnist_infogan_generator(**shape)
        entry = {"title": "T", "measures": {"modes": 9} if channels == 3 else {}}
        zoo.add(name, network, "mnist_infogan_generator", shape, entry)
    return tmp_path


# --------------------------------------------------------------------------- measures


def test_measures_are_those_of_the_single_functions(found, blocks, folder):
    train, test = (data.load(blocks, split) for split in ("train", "test"))
    extractor = metrics.load_classifier("mnist")
    reference = metrics.Reference.build(extractor, train, features=10_000)
    threshold = metrics.DuplicateThreshold.build(train)
    place = np.arange(110) * 120 // 110
    for name, images in (
        (found.name, folder[1]),
        (evaluate.REAL, test.images[place]),
    ):
        seen = extractor.extract(images)
        prdc = metrics.prdc(seen.features, reference.features)
        kernel = metrics.kernel_distance(
            seen.features, reference.features, subset_size=55
        )
        near = metrics.near_duplicates(images, threshold)
        one = metrics.measure(extractor, images, reference)
        expected = {
            "frechet_distance": one.frechet_distance,
            "classifier_score": one.classifier_score,
            "confident_share": one.confident_fraction,
            "class_divergence": one.class_divergence,
            "duplicate_share": near.fraction,
            **kernel.scalars(),
            **prdc.scalars(),
        }
        numbers = found.scalars[name]
        assert {k: numbers[k] for k in expected} == pytest.approx(expected, rel=1e-4)
        assert numbers["count"] == 110


def test_every_measure_has_a_card_that_says_what_it_is_of(found, blocks):
    written = json.loads(json.dumps(found.to_dict()))
    assert written["name"] == found.name
    own = written["measures"][found.name]
    assert own["card"]["samples"].endswith("(gray, saved in color)")
    assert own["card"]["reference"] == "blocks train"
    assert own["card"]["sha256"] == metrics.load_classifier("mnist").sha256
    kernel, prdc = (part["card"] for part in own["also"])
    assert kernel["subset_size"] == 55
    assert prdc["neighbours"] == 5
    near = own["near_duplicates"]["card"]
    assert near["duplicates_of"] == "blocks train"
    real = written["measures"][evaluate.REAL]
    assert real["card"]["samples"] == "real test images of blocks"
    assert metrics.comparable(own["card"], real["card"])


def test_noise_is_farther_from_the_data_than_the_datas_own_test_images(found):
    noise, real = found.scalars[found.name], found.scalars[evaluate.REAL]
    assert noise["frechet_distance"] > 3 * real["frechet_distance"]
    assert noise["kernel_distance"] > real["kernel_distance"]
    assert noise["coverage"] < real["coverage"]


def test_measures_have_intervals_that_tell_noise_from_real_images(found):
    own, real = (found.measures[name] for name in (found.name, evaluate.REAL))
    names = {"frechet_distance", "mind", "precision", "recall", "density", "coverage"}
    for one in (own, real):
        assert one["half_widths"].keys() == names | {"classifier_score"}
    for key in ("frechet_distance", "mind"):
        apart = own[key] - real[key]
        assert apart > own["half_widths"][key] + real["half_widths"][key] > 0
    shown = f"{own['mind']:.2f} ±{own['half_widths']['mind']:.2f}"
    assert shown in evaluate_table.text(found)


def test_the_table_shows_both_columns_the_cards_and_the_notes(found):
    text = evaluate_table.text(found)
    head, first = text.splitlines()[:2]
    assert head.split("  ")[-1] == "best"
    assert evaluate.REAL in head
    distance = found.scalars[found.name]["frechet_distance"]
    assert first.startswith("Fréchet distance")
    assert f"{distance:.2f}" in first
    for words in ("near-duplicates", "coverage", "blocks train, 150 images", "55"):
        assert words in text
    assert "110 images for 64 features" not in text
    assert max(map(len, text.splitlines()[-8:])) <= 88


def test_a_generator_draws_as_many_as_there_are_test_images(own_zoo, blocks):
    result = evaluate.evaluate("plain", blocks, seed=3, progress=False)
    numbers = result.scalars["zoo generator plain"]
    assert numbers["count"] == 120
    assert numbers["frechet_distance"] > 0
    card = result.measures["zoo generator plain"]["card"]
    assert card["samples"] == "zoo generator plain, seed 3"
    assert evaluate.REAL in result.measures


def test_digits_in_the_channels_have_their_modes_counted(own_zoo, blocks):
    result = evaluate.evaluate("piled", blocks, count=200, progress=False)
    generated, real = result.scalars.values()
    assert real["modes"] > generated["modes"] >= 1
    assert real["count"] == generated["count"] == 200
    assert "combinations of three" in evaluate_table.text(result)


def test_the_extractor_is_the_one_for_the_shape_or_the_one_given(monkeypatch):
    asked = []
    monkeypatch.setattr(metrics, "load_extractor", lambda *a: asked.append(a))
    for shape, name in (
        ((28, 28, 1), "mnist"),
        ((32, 32, 3), "cifar10"),
        ((64, 64, 3), "pixels"),
    ):
        extractors.load(None, shape)
        assert asked.pop() == (name, shape, None)
    extractors.load("fid", (64, 64, 3), "weights.pth")
    assert asked.pop() == ("fid", (64, 64, 3), "weights.pth")
    with pytest.raises(ValueError, match=r"28x28x3; the shipped.* give --extractor li"):
        extractors.load(None, (28, 28, 3))


def test_extractors_are_known_before_tensorflow_starts():
    assert locating.EXTRACTORS == metrics.EXTRACTORS
    names = ("lite0", "fid-clean", "mnist")
    weights = [locating.weights_of(name, names, "w.pth") for name in names]
    assert weights == [None, "w.pth", None]
    assert locating.weights_of("lite0", ("lite0", "mnist"), "w.pth") == "w.pth"


def test_a_classifier_of_other_classes_is_not_asked_for_their_shares(tmp_path, folder):
    images = folder[1]
    names = np.array(["shirt", *"abcdefghi"])
    labels = np.arange(110) % 10
    arrays = {"images": images, "labels": labels, "class_names": names}
    np.savez(tmp_path / "clothes.npz", **arrays)
    path = str(tmp_path / "clothes.npz")
    result = evaluate.evaluate(path, path, progress=False)
    numbers = result.scalars["clothes.npz"]
    assert "class_divergence" not in numbers
    assert numbers["frechet_distance"] < 1e-6
    said = " ".join(result.notes)
    assert "does not know the classes of clothes" in said
    assert "clothes has no test images: too few to compare with" in said


def test_bars_show_how_far_it_is(folder, capsys):
    extractor = metrics.load_classifier("mnist")
    watched = Watched(extractor, True)
    images = folder[1][:5]
    seen = watched.extract(images, 2)
    expected = extractor.extract(images)
    np.testing.assert_allclose(seen.features, expected.features, atol=1e-4)
    assert "looking through mnist" in capsys.readouterr().err
    assert watched.sha256 == extractor.sha256


# -------------------------------------------------------------------- what is refused


def test_too_few_images_are_refused(tmp_path, blocks):
    np.savez(tmp_path / "few.npz", images=np.zeros((99, 28, 28), np.uint8))
    with pytest.raises(ValueError, match="99 images; at least 100 are needed"):
        evaluate.evaluate(str(tmp_path / "few.npz"), blocks)
    with pytest.raises(ValueError, match="count=50 must be 100 to 1,000,000"):
        evaluate.evaluate(str(tmp_path / "few.npz"), blocks, count=50)


def run_main(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["ganzoo", *words])
    main()


def test_the_command_prints_the_table_and_writes_the_rest(
    found, blocks, folder, tmp_path, monkeypatch, capsys
):
    output = tmp_path / "measures.json"
    words = ["evaluate", str(folder[0]), "--against", blocks, "--output", str(output)]
    run_main(monkeypatch, *words)
    said = capsys.readouterr().out
    assert evaluate_table.text(found) in said
    assert f"written: {output}" in said
    assert json.loads(output.read_text(encoding="utf-8")) == json.loads(
        json.dumps(found.to_dict())
    )


def test_the_notes_say_which_files_were_read(found, folder):
    assert found.notes[-1] == f"The folder {folder[0]}: 110 files used, 0 left out."


def test_what_cannot_be_printed_is_written_first(found, tmp_path, monkeypatch):
    def broken(*words, file=None, **options):
        if file is None:
            raise BrokenPipeError

    monkeypatch.setattr(evaluate, "evaluate", lambda *words, **options: found)
    monkeypatch.setattr("builtins.print", broken)
    output = tmp_path / "measures.json"
    with contextlib.suppress(BrokenPipeError, SystemExit):
        run_main(
            monkeypatch,
            *("evaluate", "mnist_dcgan", "--against", "y"),
            *("--output", str(output)),
        )
    assert json.loads(output.read_text(encoding="utf-8"))["name"] == found.name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"against": "/no/where"}, "'/no/where' is not a folder"),
        ({"against": "absent.npz"}, "There is no file 'absent.npz'"),
        ({"what": "absent"}, "There is no 'absent'"),
        ({"count": 99}, "count=99 must be 100 to 1,000,000"),
        ({"seed": 2**70}, f"seed={2**70} must be -9223372036854775808 to"),
        ({"extractor": "absent.h5"}, "There is no file absent.h5"),
        ({"num_classes": 10}, "is images: leave out --num-classes"),
    ],
)
def test_all_arguments_are_looked_at_before_anything_is_read(
    blocks, folder, changes, message, monkeypatch
):
    def read(*words, **options):
        raise AssertionError("read")

    monkeypatch.setattr(data, "load", read)
    monkeypatch.setattr(evaluation.subjects, "find", read)
    arguments = {"what": str(folder[0]), "against": blocks} | changes
    with pytest.raises(ValueError, match=message):
        evaluate.evaluate(**arguments)


def test_damaged_test_images_are_not_taken_for_absent_ones(tmp_path, folder):
    for split in ("train", "test"):
        (tmp_path / split / "all").mkdir(parents=True)
        for number, image in enumerate(folder[1][:3]):
            Image.fromarray(image[..., 0]).save(tmp_path / split / f"all/{number}.png")
    (tmp_path / "test/all/0.png").write_text("no image")
    with pytest.raises(ValueError, match=r"test.all.0\.png cannot be read"):
        evaluate.evaluate(str(folder[0]), str(tmp_path), progress=False)


def test_stacked_digits_take_no_extractor(own_zoo, blocks, tmp_path):
    (tmp_path / "inception.h5").write_text("x")
    with pytest.raises(ValueError, match="leave out --extractor"):
        evaluate.evaluate("piled", blocks, extractor=str(tmp_path / "inception.h5"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing", "--against", "digits"], "There is no 'nothing': give a generator"),
        (["own.keras", "--against", "digits"], "There is no file own.keras"),
        (["piled", "--against", "/no/where"], "'/no/where' is not a folder"),
    ],
)
def test_what_cannot_be_evaluated_is_one_line(
    own_zoo, words, message, monkeypatch, capsys
):
    with pytest.raises(SystemExit) as end:
        run_main(monkeypatch, "evaluate", *words)
    said = capsys.readouterr().err
    assert end.value.code == 1
    assert said.startswith("error: ")
    assert message in said
    assert said.count("\n") == 1


def test_the_command_draws_paths(own_zoo, monkeypatch, capsys):
    output = own_zoo / "path.png"
    words = ["--rows", "2", "--steps", "3", "--scale", "1", "--output", str(output)]
    run_main(monkeypatch, "interpolate", "plain", *words)
    sampler = zoo.sampler("plain")
    first = sampler.sample(2)
    picture = np.asarray(Image.open(output))
    assert picture.shape == (2 * 30 + 2, 3 * 30 + 2)
    np.testing.assert_array_equal(picture[2:30, 2:30], first[0, ..., 0])
    last = sampler.sample(2, seed=1)
    np.testing.assert_array_equal(picture[32:60, 62:90], last[1, ..., 0])
    assert "2 spherical paths of plain, seed 0" in capsys.readouterr().out
