"""Several sets of images against the same real ones: ranked, with intervals, kept."""

import csv
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganzoo import data, evaluate, metrics
from ganzoo.cli import main
from ganzoo.evaluate import comparison, extractors, ranking
from ganzoo.metrics import pretrained

pytestmark = pytest.mark.usefixtures("without_graphs")
COUNT = 110
PATHS = ["bad", "good.npz", "fair.npz"]


def blocks(count: int, seed: int, block: int = 7) -> np.ndarray:
    """Blocks of noise, [n, 28, 28]; smaller ones are of another kind."""
    side = 28 // block
    small = np.random.default_rng(seed).integers(0, 256, (count, side, side), np.uint8)
    return np.kron(small, np.ones((block, block), np.uint8))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Real images and three sets: of their kind, of smaller blocks, of noise."""
    folder = tmp_path_factory.mktemp("sets")
    real = {"images": blocks(300, 0), "test_images": blocks(130, 1)}
    np.savez(folder / "real.npz", **real)
    np.savez(folder / "good.npz", images=blocks(COUNT, 2))
    np.savez(folder / "fair.npz", images=blocks(COUNT + 20, 3, 4))
    (folder / "bad").mkdir()
    for number, image in enumerate(blocks(COUNT, 4, 1)):
        Image.fromarray(image).save(folder / f"bad/{number:03d}.png")
    return folder


@pytest.fixture
def paths(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setattr(pretrained, "lite0_file", lambda: None)
    return PATHS


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def found(place, cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(pretrained, "lite0_file", lambda: None)
        return evaluate.compare(PATHS, "real.npz", progress=False, cache=cache)


# -------------------------------------------------------------------------- measures


def test_the_nearest_to_the_real_images_comes_first(found):
    (rows,) = found.tables.values()
    names = [row.name for row in rows]
    assert names == ["good.npz", "fair.npz", "bad", "real images, test"]
    assert [row.rank for row in rows] == [1, 2, 3, None]
    assert [row.floor for row in rows] == [False, False, False, True]
    assert not any(row.tied for row in rows)
    assert {row.card["count"] for row in rows} == {COUNT}
    distances = [row.values["frechet_distance"] for row in rows]
    assert distances[0] == pytest.approx(distances[3], rel=0.5)
    assert distances[1] > 2 * distances[0]


def test_values_are_those_of_the_single_functions(found, place):
    row = found.tables["mnist"][1]
    extractor = metrics.load_classifier("mnist")
    train = data.load(str(place / "real.npz"))
    reference = metrics.Reference.build(extractor, train, features=300)
    images = data.load(str(place / "fair.npz")).images
    images = images[np.arange(COUNT) * len(images) // COUNT]
    seen = extractor.extract(images)
    expected = {
        "frechet_distance": metrics.frechet_distance(
            metrics.statistics(seen.features), reference.gaussian
        ),
        "kernel_distance": metrics.squared_discrepancy(
            seen.features, reference.features
        ),
        "mind": metrics.mind(seen.features, reference.features).mind,
        **metrics.prdc(seen.features, reference.features).scalars(),
        "classifier_score": metrics.classifier_score(seen.probabilities),
    }
    assert row.values == pytest.approx(expected, rel=1e-3)
    assert set(row.half_widths) == set(expected)
    assert row.half_widths["frechet_distance"] > 0
    assert row.card["sha256"] == extractor.sha256
    assert row.card["reference_fingerprint"] == train.fingerprint
    assert row.card["samples"] == "fair.npz"


def test_the_same_images_twice_are_tied(paths, place, cache):
    np.savez(place / "again.npz", images=blocks(COUNT, 2))
    whats = ["good.npz", "again.npz", "bad"]
    found = evaluate.compare(whats, "real.npz", progress=False, cache=cache)
    rows = found.tables["mnist"]
    assert [row.tied for row in rows] == [False, True, False, False]


class Named(metrics.PixelFeatures):
    """Pixels that are called a classifier: the real one would take seconds."""

    name = "cifar10"


def test_color_images_are_looked_at_by_two_extractors(
    paths, tmp_path, cache, monkeypatch
):
    load = metrics.load_extractor
    monkeypatch.setattr(
        metrics,
        "load_extractor",
        lambda name, *more: Named(more[0]) if name == "cifar10" else load(name, *more),
    )
    images = np.random.default_rng(0).integers(0, 256, (240, 32, 32, 3), np.uint8)
    np.savez(tmp_path / "real.npz", images=images[:120])
    np.savez(tmp_path / "mine.npz", images=images[120:])
    whats = [str(tmp_path / "mine.npz")]
    found = evaluate.compare(
        whats, str(tmp_path / "real.npz"), progress=False, cache=cache
    )
    assert list(found.tables) == ["cifar10", "pixels"]
    assert "classifier_score" not in found.tables["pixels"][0].values
    assert any("layout, color and texture" in note for note in found.notes)
    assert any("no test images, too few" in note for note in found.notes)


def test_default_extractors_suit_the_images(monkeypatch):
    monkeypatch.setattr(pretrained, "lite0_file", lambda: None)
    assert extractors.defaults((28, 28, 1)) == ("mnist",)
    assert extractors.defaults((32, 32, 3)) == ("cifar10", "pixels")
    assert extractors.defaults((64, 48, 4)) == ("pixels",)
    monkeypatch.setattr(pretrained, "lite0_file", lambda: "lite0.pth")
    assert extractors.defaults((28, 28, 1)) == ("mnist", "lite0")
    assert extractors.defaults((64, 64, 3)) == ("pixels", "lite0")
    assert extractors.defaults((64, 48, 4)) == ("pixels",)


# ------------------------------------------------------------------ kept and resumed


def test_nothing_is_looked_at_twice(found, paths, cache, monkeypatch):
    def extract(*_):
        raise AssertionError("looked at again")

    monkeypatch.setattr(metrics.Extractor, "extract", extract)
    again = evaluate.compare(paths, "real.npz", progress=False, cache=cache)
    assert again == found


def test_what_was_interrupted_resumes(paths, found, tmp_path, monkeypatch):
    extract, seen = metrics.Extractor.extract, []

    def stopped(self, images, batch_size=500):
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(len(images))
        return extract(self, images, batch_size)

    monkeypatch.setattr(metrics.Extractor, "extract", stopped)
    with pytest.raises(KeyboardInterrupt):
        evaluate.compare(paths, "real.npz", progress=False, cache=tmp_path)
    seen.clear()

    def counted(self, images, batch_size=500):
        seen.append(len(images))
        return extract(self, images, batch_size)

    monkeypatch.setattr(metrics.Extractor, "extract", counted)
    again = evaluate.compare(paths, "real.npz", progress=False, cache=tmp_path)
    assert len(seen) == 5 - 2  # the real ones, three sets, the test images
    assert again == found


# ------------------------------------------------------------------------ references


def test_moments_of_others_allow_the_frechet_distance(paths, found, tmp_path, cache):
    extractor = metrics.load_classifier("mnist")
    moments = metrics.statistics(
        extractor.extract(data.load("real.npz").images).features
    )
    path = tmp_path / "stats.npz"
    np.savez(path, mu=moments.mean, sigma=moments.covariance)
    by_file = evaluate.compare(
        paths, str(path), names=["mnist"], progress=False, cache=cache
    )
    for one, other in zip(by_file.tables["mnist"], found.tables["mnist"], strict=False):
        assert one.name == other.name
        assert set(one.values) == {"frechet_distance", "classifier_score"}
        expected = other.values["frechet_distance"]
        assert one.values["frechet_distance"] == pytest.approx(expected, rel=1e-4)
    assert len(by_file.tables["mnist"]) == 3
    assert any("does not say by which network" in note for note in by_file.notes)
    np.savez(path, mu=np.zeros(2048), sigma=np.eye(2048))
    with pytest.raises(ValueError, match=r"of 2,048 features, but the extractor mnist"):
        evaluate.compare(paths, str(path), names=["mnist"], progress=False, cache=cache)


@pytest.mark.parametrize("zipped", [True, False])
def test_real_images_may_be_a_zip_or_a_flat_folder_of_any_sizes(
    tmp_path, zipped, monkeypatch, cache
):
    monkeypatch.setattr(pretrained, "lite0_file", lambda: None)
    random = np.random.default_rng(5)
    for number in range(105):
        side = 20 if number % 2 else 24
        pixels = random.integers(0, 256, (side, side, 3), np.uint8)
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / f"photos/{number:03d}.png")
    source = tmp_path / "photos"
    if zipped:
        source = tmp_path / "photos.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for file in sorted((tmp_path / "photos").iterdir()):
                archive.write(file, file.name)
    np.savez(
        tmp_path / "mine.npz",
        images=random.integers(0, 256, (101, 16, 16, 3), np.uint8),
    )
    found = evaluate.compare(
        [str(tmp_path / "mine.npz")], str(source), progress=False, cache=cache
    )
    assert found.tables["pixels"][0].card["reference_count"] == 105
    assert any("105 made 16x16" in note for note in found.notes)
    one = evaluate.evaluate(str(tmp_path / "mine.npz"), str(source), progress=False)
    assert any("105 made 16x16" in note for note in one.notes)


def test_fewer_real_images_can_be_asked_for(paths, cache):
    found = evaluate.compare(
        ["good.npz"], "real.npz", reference_count=120, progress=False, cache=cache
    )
    assert found.tables["mnist"][0].card["reference_count"] == 120


# ---------------------------------------------------------------------------- output


def test_the_text_has_the_table_and_what_it_is_of(found):
    text = ranking.text(found)
    assert "mnist (mnist_classifier.npz, SHA-256 " in text
    assert "against real train, 300 images (fingerprint " in " ".join(text.split())
    lines = [line for line in text.splitlines() if "good.npz" in line]
    row = found.tables["mnist"][0]
    value, width = (x["frechet_distance"] for x in (row.values, row.half_widths))
    assert lines[0].startswith("1  good.npz")
    assert f"{value:.2f} ±{width:.2f}" in lines[0]
    assert "95% interval, by leaving out each of 10 disjoint parts" in " ".join(
        text.split()
    )


def test_a_folder_gets_all_four_files(found, tmp_path):
    written = ranking.write(tmp_path / "made", found)
    assert sorted(path.suffix for path in written) == [".csv", ".json", ".png", ".txt"]
    stored = json.loads((tmp_path / "made/comparison.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(found.to_dict()))
    with open(tmp_path / "made/comparison.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [row.name for row in found.tables["mnist"]]
    first = found.tables["mnist"][0]
    assert float(rows[0]["mind"]) == first.values["mind"]
    assert float(rows[0]["mind_plus_minus"]) == first.half_widths["mind"]
    assert rows[3]["rank"] == ""
    with Image.open(tmp_path / "made/comparison.png") as picture:
        assert picture.width > 300


def test_the_command_compares_several(
    paths, found, capsys, monkeypatch, tmp_path, cache
):
    monkeypatch.setenv("GANZOO_CACHE", str(cache))
    output = tmp_path / "table.csv"
    words = ["evaluate", *paths, "--against", "real.npz", "--output", str(output)]
    monkeypatch.setattr("sys.argv", ["ganzoo", *words])
    main()
    said = capsys.readouterr().out
    assert ranking.text(found) in said
    assert f"written: {output}" in said
    assert output.is_file()


# -------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"whats": ["bad", "bad"]}, "bad bad: give one or more things .* once"),
        ({"whats": []}, "nothing: give one or more"),
        ({"whats": ["absent"]}, "There is no 'absent'"),
        (
            {"against": "absent.zip"},
            r"There is no file 'absent\.zip'\. It must be a ZIP",
        ),
        ({"against": "absent.npz"}, "There is no file 'absent.npz'"),
        ({"count": 99}, "count=99 must be 100 to"),
        ({"reference_count": 5}, "reference_count=5 must be 100 to"),
        ({"names": ["fdi"]}, r"no file fdi, and no extractor .* Did you mean fid\?"),
        ({"names": ["fid", "fid"]}, "extractor=fid fid: give each of them once"),
        ({"weights": "absent.pth"}, "There is no file absent.pth, given as weights"),
        ({"weights": "real.npz", "names": ["mnist"]}, "weights=real.npz are for the"),
        ({"num_classes": 3}, "leave out --num-classes"),
    ],
)
def test_all_arguments_are_checked_before_anything_is_read(
    paths, changes, message, monkeypatch
):
    def read(*_, **__):
        raise AssertionError("read")

    monkeypatch.setattr(comparison.subjects, "find", read)
    arguments = {"whats": paths, "against": "real.npz"} | changes
    with pytest.raises(ValueError, match=message):
        evaluate.compare(**arguments)


def test_ten_images_are_too_few(paths, tmp_path):
    np.savez(tmp_path / "few.npz", images=blocks(10, 0))
    with pytest.raises(ValueError, match=r"few\.npz has 10 images; at least 100 are"):
        evaluate.compare(["good.npz", str(tmp_path / "few.npz")], "real.npz")


def test_images_of_another_size_are_refused(paths, tmp_path):
    other = str(tmp_path / "other.npz")
    colors = np.random.default_rng(0).integers(0, 256, (120, 32, 32, 3), np.uint8)
    np.savez(other, images=colors)
    with pytest.raises(
        ValueError, match=r"other\.npz: images of 32x32x3, but real has"
    ):
        evaluate.compare(["good.npz", other], "real.npz")
    np.savez(tmp_path / "stats.npz", mu=np.zeros(64), sigma=np.eye(64))
    with pytest.raises(
        ValueError, match=r"of 32x32x3, but good\.npz has images of 28x28x1"
    ):
        evaluate.compare(["good.npz", other], str(tmp_path / "stats.npz"))
    with pytest.raises(
        ValueError, match="cifar10 takes images of 32x32x3, not 28x28x1"
    ):
        evaluate.compare(["good.npz"], "real.npz", names=["cifar10"])


def test_output_of_another_kind_is_refused(paths, monkeypatch, capsys):
    words = ["evaluate", *paths, "--against", "real.npz", "--output", "table.xlsx"]
    monkeypatch.setattr("sys.argv", ["ganzoo", *words])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().err
    assert "output=table.xlsx must end in .json, .csv, .png, .txt, or be" in said
    assert said.count("\n") == 1
