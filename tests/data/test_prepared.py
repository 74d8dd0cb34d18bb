"""Prepared sets on disk are complete and unchanged, or prepared again."""

import os

import numpy as np
import pytest

from ganzoo import data, files
from ganzoo.data import DataError, mapped, prepared

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 1, 0, 1])
TEXTS = {"name": "x", "split": "train"}


def load(path):
    return prepared.load(path, lambda count, noted: f"{count} {noted}", **TEXTS)


@pytest.fixture
def folder(tmp_path):
    """A folder with a prepared set."""
    path = tmp_path / "set"
    write(path)
    return path


def write(path, images=IMAGES, of="x"):
    with prepared.writing(path) as file:
        for pixels in images:
            file.append(pixels)
    prepared.store(
        path, LABELS, ("cat", "dog"), {"changes": {"gray": 2}}, of=of, **TEXTS
    )


@pytest.mark.parametrize("limit", [0, 2**28])
def test_what_is_written_is_read_as_it_was(folder, limit, monkeypatch):
    monkeypatch.setattr(prepared, "IN_MEMORY", limit)
    found = load(folder)
    np.testing.assert_array_equal(found.images, IMAGES)
    assert found.labels.tolist() == LABELS.tolist()
    assert found.class_names == ("cat", "dog")
    assert found.note == "5 {'changes': {'gray': 2}}"
    assert mapped.is_mapped(found.images) is (limit == 0)
    assert found.fingerprint == data.image_set(IMAGES, LABELS, name="x").fingerprint


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "info.json"])
@pytest.mark.parametrize("how", ["a bit", "cut", "empty"])
def test_what_is_damaged_is_not_trusted(folder, name, how, capsys):
    content = bytearray((folder / name).read_bytes())
    if how == "a bit":
        content[-20] ^= 1
    (folder / name).write_bytes(content[: {"cut": -3, "empty": 0}.get(how)])
    assert load(folder) is None
    said = capsys.readouterr().err
    assert "is damaged (" in said
    assert said.count("\n") == 1
    write(folder)
    assert load(folder) is not None


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "info.json"])
def test_what_is_incomplete_is_not_there(folder, name, capsys):
    (folder / name).unlink()
    assert load(folder) is None
    assert not capsys.readouterr().err


def test_what_is_interrupted_leaves_nothing(tmp_path):
    def stop():
        with prepared.writing(tmp_path / "set") as file:
            file.append(IMAGES[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert not list(tmp_path.iterdir())


def test_an_interrupted_second_attempt_leaves_nothing_that_is_trusted(folder):
    def stop():
        with prepared.writing(folder) as file:
            file.append(IMAGES[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert load(folder) is None


def test_an_earlier_state_of_the_same_is_removed(tmp_path):
    for name, of in (("old", "x"), ("other", "y"), ("new", "x")):
        write(tmp_path / name, of=of)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "other"]


def test_leftovers_of_killed_processes_are_removed(tmp_path, monkeypatch):
    old = tmp_path / "other" / f".writing-{2**22 + 1}-{files._machine()}-images.npy"
    old.parent.mkdir()
    old.write_bytes(b"x")
    write(tmp_path / "set")
    assert not old.exists()


@pytest.mark.parametrize("first_in_color", [0, 1, 4, 5])
def test_gray_images_become_rgb_once_one_is(tmp_path, first_in_color, monkeypatch):
    monkeypatch.setattr(prepared, "_CHUNK", 2 * IMAGES[0].nbytes)
    images = [
        pixels[..., :1] if row < first_in_color or row == 3 else pixels
        for row, pixels in enumerate(IMAGES)
    ]
    write(tmp_path / "set", images)
    found = np.load(tmp_path / "set/images.npy")
    channels = max(one.shape[-1] for one in images)
    expected = [np.broadcast_to(one, (4, 3, channels)) for one in images]
    np.testing.assert_array_equal(found, np.stack(expected))


def test_the_head_is_as_long_for_any_number_of_images(tmp_path):
    with open(tmp_path / "x", "w+b") as file:
        images = prepared.ImageFile(file)
        images.shape = (64, 64, 3)
        lengths = set()
        for images.count in (0, 9, 10**6, 10**12):
            lengths.add(len(images._header()))
    assert len(lengths) == 1


def test_the_folder_is_chosen_by_argument_variable_or_the_users_cache(monkeypatch):
    monkeypatch.delenv("GANZOO_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    home = os.path.expanduser("~/.cache/ganzoo/prepared/")
    assert str(prepared.folder_of(None, "k")).startswith(home)
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert str(prepared.folder_of(None, "k")).startswith("/c/ganzoo/prepared/")
    monkeypatch.setenv("GANZOO_CACHE", "/g")
    assert str(prepared.folder_of(None, "k")).startswith("/g/prepared/")
    assert str(prepared.folder_of("/a", "k")).startswith("/a/prepared/")


def test_every_part_of_the_key_counts():
    keys = (["a", "b"], ["ab"], ["a", "b", ""], ["b", "a"], ["a\udc80"])
    assert len({prepared.folder_of("/", key) for key in keys}) == len(keys)


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "/root/x")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(DataError, match=r"/root/x cannot be written. Set GANZOO_CACHE"):
        write(tmp_path / "set")
