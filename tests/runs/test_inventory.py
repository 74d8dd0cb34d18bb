"""What a checkpoint knows of the other files of its folder."""

import os

import pytest

from ganzoo import files
from ganzoo.runs import inventory

PICTURES = {"samples/a.png": b"first", "samples/epoch/b.png": b"second"}
OTHERS = {"tensorboard/events.1": b"growing"}
MEASURES = ("modes.json", "rollbacks.json")
# What becomes of a file, and what is said then of which.
MISSING = "is missing"
DAMAGES = {
    "a picture that is gone": ("samples/a.png", None, MISSING),
    "a damaged picture": ("samples/a.png", b"fir5t", "is damaged (another SHA-256)"),
    "a nested picture": ("samples/epoch/b.png", b"", "is damaged (another SHA-256)"),
    "events that are gone": ("tensorboard/events.1", None, MISSING),
    "measures that are gone": ("modes.json", None, MISSING),
    "measures that are no JSON": ("modes.json", b"{", "is damaged (not JSON)"),
    "a changed number": ("modes.json", b"7", "is damaged (another checksum)"),
    "rates that are gone": ("rollbacks.json", None, MISSING),
    "rates that are changed": ("rollbacks.json", b"7", "is damaged (another checksum)"),
}


@pytest.fixture
def folder(tmp_path):
    for name, content in (PICTURES | OTHERS).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for name in MEASURES:
        files.write_json(tmp_path / name, {"value": 5}, sealed=True)
    for name in ("config.json", "manifest.json", "report.md", "samples/.writing-1"):
        (tmp_path / name).write_text("no JSON")
    return tmp_path


@pytest.fixture
def known(folder):
    return inventory.Inventory().take(folder)


def damage(folder, name: str, content: bytes | None) -> None:
    path = folder / name
    if content is None:
        path.unlink()
    elif content == b"7":  # another value under the old checksum
        path.write_bytes(path.read_bytes().replace(b"5", content, 1))
    else:
        path.write_bytes(content)


def test_pictures_have_their_sha256_and_the_rest_its_name(folder, known):
    assert known.keys() == {*PICTURES, *OTHERS, *MEASURES}
    for name, digest in known.items():
        assert digest == (files.sha256(folder / name) if name in PICTURES else None)


def test_nothing_is_said_of_what_is_as_it_was(folder, known):
    with open(folder / "tensorboard/events.1", "ab") as file:
        file.write(b"more")  # which grow
    assert inventory.needed(folder, known, ended=True) == []
    assert inventory.gone(folder, known) == []


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("case", DAMAGES)
def test_what_cannot_be_made_again_is_needed(folder, known, case, ended):
    name, content, said = DAMAGES[case]
    damage(folder, name, content)
    wanted = name == "rollbacks.json" or (ended and name == "modes.json")
    expected = [f"{folder / name} {said}"] if wanted else []
    assert inventory.needed(folder, known, ended) == expected


@pytest.mark.parametrize("case", DAMAGES)
def test_what_is_gone_is_a_line_and_what_is_damaged_is_set_aside(folder, known, case):
    name, content, said = DAMAGES[case]
    damage(folder, name, content)
    (line,) = inventory.gone(folder, known)
    assert line.startswith(f"{folder / name} {said}: ")
    assert ("is written again" in line) == ("/" not in name)
    assert not (folder / name).exists()
    aside = (folder / name).with_name(f"damaged_{os.path.basename(name)}")
    assert aside.exists() == (content is not None)
    # What was set aside is nobody's any more.
    assert inventory.Inventory().take(folder).keys() == known.keys() - {name}


def test_many_files_of_a_kind_are_one_line(folder):
    for number in range(5):
        (folder / "samples" / f"{number}.png").write_bytes(b"picture")
    known = inventory.Inventory().take(folder)
    for number in range(5):
        (folder / "samples" / f"{number}.png").unlink()
    (line,) = inventory.gone(folder, known)
    assert "0.png is missing, and 4 more: ignored; the run continues." in line


def test_what_a_report_left_is_not_the_trainings_until_it_is_written_anew(folder):
    known = dict.fromkeys((*PICTURES, *OTHERS, "rollbacks.json"))
    kept = inventory.Inventory()
    kept.restored(folder, known)
    assert kept.take(folder).keys() == known.keys()  # without modes.json
    files.write_json(folder / "modes.json", {"value": 66}, sealed=True)
    assert kept.take(folder).keys() == {*known, "modes.json"}


def test_a_picture_is_read_once(folder, monkeypatch):
    read = []
    sha256 = inventory.sha256
    monkeypatch.setattr(
        inventory, "sha256", lambda path: read.append(path.name) or sha256(path)
    )
    kept = inventory.Inventory()
    first = kept.take(folder)
    assert kept.take(folder) == first
    assert sorted(read) == ["a.png", "b.png"]
    (folder / "samples/a.png").write_bytes(b"written once more")
    assert kept.take(folder)["samples/a.png"] != first["samples/a.png"]
    assert sorted(read) == ["a.png", "a.png", "b.png"]
