"""`ganzoo prepare` writes what `data.load` reads, whole or not at all."""

import io
import re
import sys

import numpy as np
import pytest
from PIL import Image

from ganzoo import cli, data


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of two classes and a test split, in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for split, count in (("train", 3), ("test", 1)):
        for name in ("cat", "dog"):
            for number in range(count):
                path = tmp_path / "photos" / split / name / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
                Image.fromarray(pixels).save(path)
    return tmp_path / "photos"


def run(monkeypatch, words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["ganzoo", "prepare", *words.split()])
    cli.main()


@pytest.mark.parametrize("output", ["out/made.npz", "out/made", "out/made/"])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_written_is_read_as_it_was_prepared(
    photos, monkeypatch, capsys, output, channels
):
    words = f"photos --size 16 32 --fit pad --background 9 --channels {channels}"
    run(monkeypatch, f"{words} --output {output}")
    said = capsys.readouterr()
    assert said.out == f"6 train + 2 test images of 16x32x{channels}: {output}\n"
    assert "The folder photos (train): 6 files used, 0 left out" in said.err
    assert said.err.count("\n") == 2
    for split in ("train", "test"):
        made = data.prepare(
            "photos", (16, 32), split=split, fit="pad", background=9, channels=channels
        )
        read = data.load(output, split)
        np.testing.assert_array_equal(read.images, made.images)
        np.testing.assert_array_equal(read.labels, made.labels)
        assert read.class_names == made.class_names == ("cat", "dog")
    assert [path.name for path in (photos.parent / "out").iterdir()] == [
        output.strip("/").partition("/")[2]
    ]


def test_transparent_pictures_stay_so(photos, monkeypatch):
    for output in ("made.npz", "made"):
        run(monkeypatch, f"photos --size 16 --channels 4 --output {output}")
    expected = data.prepare("photos", 16, channels=4).images
    for output in ("made.npz", "made"):
        found = data.prepare(output, channels=4).images
        np.testing.assert_array_equal(found, expected)


def test_a_source_without_test_images_makes_one_split(photos, monkeypatch, capsys):
    run(monkeypatch, "photos/train --size 16 --output made/")
    assert "6 train images of 16x16x3: made/" in capsys.readouterr().out
    assert sorted(path.name for path in (photos.parent / "made").iterdir()) == [
        "cat",
        "dog",
    ]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("there.npz", r"output=there\.npz exists"),
        ("full", "output=full exists"),
        ("photos/made", "lies in the source"),
        ("photos/made.npz", "lies in the source"),
    ],
)
def test_nothing_is_overwritten(photos, monkeypatch, capsys, output, message):
    (photos.parent / "there.npz").write_bytes(b"x")
    (photos.parent / "full").mkdir()
    (photos.parent / "full/file").write_bytes(b"x")
    before = sorted(photos.parent.rglob("*"))
    with pytest.raises(SystemExit):
        run(monkeypatch, f"photos --size 16 --output {output}")
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert re.search(message, said)
    assert said.count("\n") == 1
    assert sorted(photos.parent.rglob("*")) == before


def test_an_empty_folder_may_be_filled(photos, monkeypatch):
    (photos.parent / "made").mkdir()
    run(monkeypatch, "photos --size 16 --output made")
    assert len(data.load("./made")) == 6


@pytest.mark.parametrize("output", ["made", "made.npz"])
def test_what_is_interrupted_leaves_nothing(photos, monkeypatch, output):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", stop)
    monkeypatch.setattr(np, "savez", stop)
    data.prepare("photos", 16)
    data.prepare("photos", 16, split="test", channels=3)
    with pytest.raises(SystemExit):
        run(monkeypatch, f"photos --size 16 --output {output}")
    assert sorted(path.name for path in photos.parent.iterdir()) == ["cache", "photos"]


def test_classes_that_cannot_be_folders_are_refused(photos, monkeypatch, capsys):
    images = np.zeros((2, 16, 16, 1), np.uint8)
    for name in ("../up", ".", "a/b", ".hidden", "a\\b"):
        content = io.BytesIO()
        np.savez(content, images=images, labels=[0, 1], class_names=["x", name])
        (photos.parent / "set.npz").write_bytes(content.getvalue())
        with pytest.raises(SystemExit):
            run(monkeypatch, "set.npz --output made")
        assert "cannot be the name of a folder" in capsys.readouterr().err
    assert not (photos.parent / "made").exists()
