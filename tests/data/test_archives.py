"""Pictures are read from ZIP files in place, and nothing from outside of them."""

import io
import stat
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import DataError, archives, has_test, picture_files, prepare
from ganzoo.data.archives import Archive


def png(value: int = 100) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (16, 16), value).save(buffer, "PNG")
    return buffer.getvalue()


def packed(path, *names, **contents):
    """Writes a ZIP file of pictures with these names, and of others with a content."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, b"" if name.endswith("/") else png(10 + number))
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def prepared(tmp_path):
    """Returns a function that prepares a ZIP file, with a cache of its own."""
    return lambda path, **more: prepare(path, cache=tmp_path / "cache", **more)


@pytest.mark.parametrize(
    ("names", "classes", "values"),
    [
        (("b.png", "a.png"), ("all",), [11, 10]),
        (("photos/b.png", "photos/a.png"), ("all",), [11, 10]),
        (("cat/b.png", "dog/deep/er/a.png"), ("cat", "dog"), [10, 11]),
        (("x/photos/cat/b.png", "x/photos/dog/a.png"), ("cat", "dog"), [10, 11]),
        (("cat\\b.png", "dog\\a.png"), ("cat", "dog"), [10, 11]),
    ],
)
def test_folders_in_an_archive_are_the_classes(
    tmp_path, prepared, names, classes, values
):
    found = prepared(packed(tmp_path / "photos.zip", *names))
    assert found.class_names == classes
    assert found.images[:, 0, 0, 0].tolist() == values
    assert found.name == "photos"


def test_an_archive_may_hold_splits(tmp_path, prepared):
    path = packed(tmp_path / "x.zip", "set/train/a/1.png", "set/test/a/1.png")
    assert has_test(str(path))
    assert prepared(path).images[0, 0, 0, 0] == 10
    assert prepared(path, split="test").images[0, 0, 0, 0] == 11
    flat = packed(tmp_path / "y.zip", "1.png")
    assert not has_test(str(flat))
    with pytest.raises(DataError, match="no split 'test'; it has train"):
        prepared(flat, split="test")


def test_nothing_is_read_that_leads_out_of_the_archive(tmp_path, prepared):
    names = ("../a.png", "/etc/b.png", "cat/../../c.png", "C:/d.png", "..\\e.png")
    found = prepared(packed(tmp_path / "x.zip", "good.png", *names))
    assert found.images[:, 0, 0, 0].tolist() == [10]
    assert "5 left out (5 with paths that lead out of the archive)" in found.note
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "x.zip"]


def test_links_hidden_files_and_other_files_are_counted(tmp_path, prepared):
    path = packed(
        tmp_path / "x.zip", "a.png", "__MACOSX/a.png", ".b.png", **{"notes.txt": b"x"}
    )
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    note = prepared(path).note
    assert note.startswith(f"The archive {path} (train): 1 file used, 4 left out (")
    for reason in (
        "2 hidden",
        "1 links to other files",
        "1 not readable as pictures: .txt",
    ):
        assert reason in note


def test_encrypted_entries_are_left_out(tmp_path, prepared):
    path = packed(tmp_path / "x.zip", "a.png", "b.png")
    content = bytearray(path.read_bytes())
    for at in (content.index(b"PK\1\2"), content.index(b"PK\3\4")):
        content[at + (8 if content[at + 2] == 1 else 6)] |= 1
    path.write_bytes(content)
    found = prepared(path)
    assert found.images[:, 0, 0, 0].tolist() == [11]
    assert "1 encrypted" in found.note


def test_entries_that_promise_too_much_are_not_unpacked(
    tmp_path, prepared, monkeypatch
):
    monkeypatch.setattr(archives, "_MOST_BYTES", 2000)
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.bmp", bytes(10**6))
        archive.writestr("a.png", png())
    found = prepared(path)
    assert len(found) == 1
    assert "1 above 256 MiB" in found.note


def test_a_file_without_a_suffix_is_known_by_its_content(tmp_path):
    path = packed(tmp_path / "x.zip", "a", **{"readme": b"words"})
    archive = Archive(path)
    found = archive.find(archive.root)
    assert [str(file) for file in found.files] == ["a"]
    assert [item.reason for item in found.left_out] == [picture_files.NO_PICTURE]


def test_a_damaged_entry_is_left_out_by_name(tmp_path, prepared):
    path = packed(tmp_path / "x.zip", "a.png", "b.png")
    content = path.read_bytes().replace(png(11), png(11)[:-20] + bytes(20))
    path.write_bytes(content)
    found = prepared(path)
    assert len(found) == 1
    assert "1 damaged: b.png" in found.note


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_archive_is_named(tmp_path, prepared, content):
    path = tmp_path / "x.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.zip"):
        prepared(path)


def test_an_archive_without_pictures_says_what_it_has(tmp_path, prepared):
    path = packed(tmp_path / "x.zip", **{"a.txt": b"x", "b/c.heic": b"y"})
    message = (
        r"x\.zip holds no images.*0 files used, 2 left out \(2 not.*\.heic \.txt\)"
    )
    with pytest.raises(DataError, match=message):
        prepared(path)


def test_an_empty_class_folder_is_named(tmp_path, prepared):
    path = packed(tmp_path / "x.zip", "cat/a.png", "dog/a.png", "emu/")
    with pytest.raises(DataError, match=r"class folder .*emu holds no images"):
        prepared(path)


def test_a_copy_of_an_archive_is_recognized(tmp_path, prepared):
    path = packed(tmp_path / "x.zip", "a.png", "b.png")
    prepared(path)
    copy = tmp_path / "copy" / "x.zip"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    prepared(copy)
    assert len(list((tmp_path / "cache/prepared").iterdir())) == 1
    np.testing.assert_array_equal(prepared(copy).images, prepared(path).images)
