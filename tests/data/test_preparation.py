"""Any pictures become a set of images of one size, and one line says how."""

import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganzoo import data
from ganzoo.data import DataError, preparation

RNG = np.random.default_rng(0)
SMOOTH = np.kron(RNG.integers(0, 256, (5, 4, 3)), np.ones((16, 16, 1))).astype(np.uint8)


@pytest.fixture
def prepare(tmp_path):
    """`data.prepare` with a cache of its own."""

    def prepared(source, size=None, **more):
        return data.prepare(source, size, cache=tmp_path / "cache", **more)

    return prepared


@pytest.fixture
def photos(tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    return path


def save(path, size=(40, 32), color=(200, 100, 50), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


# ------------------------------------------------------------------------- the sources


def test_a_flat_folder_is_one_class(photos, prepare):
    save(photos / "b.jpg", color=(90, 90, 90))
    save(photos / "a.png", color=(10, 10, 10))
    (photos / "later").mkdir()
    found = prepare(photos, 16)
    assert found.class_names == ("all",)
    assert found.images[:, 8, 8, 0].tolist() == [10, 90]
    assert (found.name, found.split, found.ordered) == ("photos", "train", True)
    assert found.note == (
        f"The folder {photos} (train): 2 files used, 0 left out; 2 made 16x16 "
        "(2 cropped)."
    )


def test_class_folders_and_splits_are_those_of_a_folder(photos, prepare):
    for number, name in enumerate(("train/b", "train/a", "test/a", "test/b")):
        save(photos / name / "deep/x.png", color=(number, 9, 9))
    found, test = (prepare(photos, 16, split=split) for split in ("train", "test"))
    assert found.class_names == test.class_names == ("a", "b")
    assert found.images[:, 0, 0, 0].tolist() == [1, 0]
    assert test.images[:, 0, 0, 0].tolist() == [2, 3]
    assert found.labels.tolist() == test.labels.tolist() == [0, 1]


def test_a_few_pictures_beside_class_folders_are_left_out_but_not_many(photos, prepare):
    for name in ("cat/a.png", "dog/a.png", "cover.png"):
        save(photos / name)
    assert "1 outside the class folders" in prepare(photos, 16).note
    for number in range(2):
        save(photos / f"{number}.png")
    message = r"photos holds 3 pictures, and its sub-folders 2\. Move all pictures"
    with pytest.raises(DataError, match=message):
        prepare(photos, 16)


def test_an_npz_is_taken_as_it_is_or_resized(tmp_path, prepare):
    images = np.kron(RNG.integers(0, 256, (3, 4, 4)), np.ones((8, 8))).astype(np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=[0, 1, 1])
    path = tmp_path / "x.npz"
    np.testing.assert_array_equal(prepare(path).images[..., 0], images)
    assert not (tmp_path / "cache").exists()
    found = prepare(path, (16, 32), channels=3)
    assert found.images.shape == (3, 16, 32, 3)
    assert found.labels.tolist() == [0, 1, 1]
    assert found.note == (
        "x (train): 3 images used, 0 left out; 3 made 16x32 (3 cropped)."
    )


def test_digits_have_a_test_split_too(prepare):
    train, test = (prepare("digits", 16, split=split) for split in ("train", "test"))
    assert train.images.shape == (1501, 16, 16, 1)
    assert test.images.shape == (296, 16, 16, 1)
    assert train.class_names == test.class_names
    assert prepare("digits").shape == (28, 28, 1)


def test_what_is_not_there_is_named(tmp_path, prepare):
    with pytest.raises(DataError, match="nosuch"):
        prepare(tmp_path / "nosuch", 16)


# ------------------------------------------------------------------------ the pictures


def test_all_gray_pictures_make_gray_images_and_one_in_color_makes_rgb(photos, prepare):
    save(photos / "a.png", mode="L", color=90)
    save(photos / "b.png", mode="1", color=1)
    assert prepare(photos, 16).images[:, 0, 0].tolist() == [[90], [255]]
    save(photos / "c.png")
    found = prepare(photos, 16)
    assert found.images[:, 0, 0].tolist() == [[90] * 3, [255] * 3, [200, 100, 50]]
    assert "2 gray among RGB made RGB" in found.note


MODES = {
    "1": (1, 255),
    "L": (90, 90),
    "LA": ((90, 0), 255),
    "P": (None, 90),
    "P transparent": (None, 255),
    "RGB": ((200, 100, 50),) * 2,
    "RGBA": ((200, 100, 50, 0), 255),
    "CMYK": ((0, 255, 255, 0), (255, 0, 0)),
    "I;16": (65_535, 255),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_read_as_it_is_shown(photos, prepare, mode):
    color, expected = MODES[mode]
    name, options = "x.tif" if mode == "CMYK" else "x.png", {}
    if mode.startswith("P"):
        image = Image.new("P", (40, 32), 1)
        image.putpalette([0, 0, 0, 90, 90, 90])
        options = {"transparency": 1} if "transparent" in mode else {}
    else:
        image = Image.new(mode, (40, 32), color)
    image.save(photos / name, **options)
    found = prepare(photos, 16)
    assert (found.images == expected).all()
    assert ("transparency" in found.note) is (expected == 255 and mode not in "1I;16")


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif", "bmp", "jpg"])
def test_every_format_is_read(photos, prepare, suffix):
    Image.fromarray(SMOOTH).save(photos / f"x.{suffix}")
    found = prepare(photos, (80, 64)).images[0].astype(int)
    assert np.abs(found - data.read_picture(photos / f"x.{suffix}")).max() == 0
    assert np.abs(found - SMOOTH).mean() < 12


def test_of_an_animation_the_first_frame_is_used(photos, prepare):
    frames = [Image.new("L", (16, 16), value) for value in (50, 150, 250)]
    frames[0].save(photos / "x.gif", save_all=True, append_images=frames[1:])
    found = prepare(photos, 16)
    assert (found.images == 50).all()
    assert "2 further frames of 1 not used" in found.note


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright_before_they_are_cropped(
    photos, prepare, orientation, suffix
):
    # The JPEG is so large that it is decoded smaller. Red above, blue on the left.
    upright = np.zeros((480, 240, 3), np.uint8)
    upright[:240, :, 0], upright[:, :120, 2] = 255, 255
    sideways = orientation > 4
    method = {
        2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
        6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270",
    }.get(orientation)  # fmt: skip
    image = Image.fromarray(upright)
    stored = image.transpose(Image.Transpose[method]) if method else image
    assert (stored.size == (480, 240)) is sideways
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(photos / f"x.{suffix}", quality=95, exif=exif)
    found = prepare(photos, (64, 32)).images[0].astype(int)
    assert np.abs(found[:28, :, 0] - 255).max() < 16
    assert np.abs(found[36:, :, 0]).max() < 16
    assert np.abs(found[:, :12, 2] - 255).max() < 16
    assert np.abs(found[:, 20:, 2]).max() < 16


def test_the_shape_is_that_of_the_whole_photo(photos, prepare):
    # Decoded smaller it is 302x201, which is no longer 3:2.
    save(photos / "x.jpg", (603, 402))
    assert prepare(photos, (64, 96)).note.endswith("; 1 made 64x96.")


@pytest.mark.parametrize("suffix", ["jpg", "tif", "png"])
def test_a_picture_stored_sideways_is_not_taken_for_one_of_the_size(
    photos, prepare, suffix
):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(SMOOTH[:32, :64]).save(photos / f"x.{suffix}", exif=exif)
    found = prepare(photos, (32, 64))
    assert found.shape == (32, 64, 3)
    assert "1 made 32x64 (1 cropped, 1 enlarged)" in found.note


def test_large_photos_decoded_smaller_look_as_those_decoded_whole(photos, prepare):
    from skimage import data as samples

    image = Image.fromarray(samples.astronaut())
    image.save(photos / "x.jpg", quality=92)
    with Image.open(photos / "x.jpg") as stored:
        whole = stored.resize((64, 64), Image.Resampling.LANCZOS)
    found = prepare(photos, 64).images[0].astype(int)
    assert np.sqrt(np.mean((found - np.asarray(whole).astype(int)) ** 2)) < 2


# ------------------------------------------------------------------------- bad pictures


def damaged(path, kind):
    Image.fromarray(SMOOTH).save(path, "JPEG")
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": content[:-300], "text": b"words"}[kind])


@pytest.mark.parametrize("kind", ["empty", "cut", "text"])
def test_a_damaged_picture_is_left_out_by_name(photos, prepare, kind):
    save(photos / "a.png")
    damaged(photos / "b.jpg", kind)
    found = prepare(photos, 16)
    assert len(found) == 1
    assert "1 file used, 1 left out (1 damaged: b.jpg)" in found.note
    assert prepare(photos, 16).note == found.note


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pixels_of_unknown_range_are_left_out(photos, prepare, mode):
    save(photos / "a.png")
    Image.new(mode, (16, 16), 1).save(photos / "b.tif")
    assert "1 with pixels of unknown range or kind: b.tif" in prepare(photos, 16).note


def test_what_is_too_large_to_be_decoded_is_left_out(photos, prepare, monkeypatch):
    save(photos / "a.png", (16, 16))
    save(photos / "b.png", (100, 100))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert "1 of above 178 million pixels: b.png" in prepare(photos, 16).note


def test_what_pillow_says_of_odd_files_is_not_repeated(photos, prepare, recwarn):
    save(photos / "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0")
    assert len(prepare(photos, 16)) == 1
    assert not recwarn.list


def test_what_is_too_narrow_to_show_anything_is_left_out(photos, prepare):
    for name, size in (("a", (16, 16)), ("b", (1, 1)), ("c", (10_000, 1))):
        save(photos / f"{name}.png", size)
    for fit in ("crop", "pad"):
        note = prepare(photos, 16, fit=fit).note
        assert "2 left out (2 narrower than 8 pixels: b.png c.png)" in note


def test_four_files_that_are_left_out_are_not_all_named(photos, prepare):
    save(photos / "z.png")
    for name in "abcd":
        (photos / f"{name}.png").touch()
    assert "(4 damaged: a.png b.png c.png ...)" in prepare(photos, 16).note


def test_hidden_and_other_files_are_counted(photos, prepare):
    save(photos / "a.png")
    for name in (".b.png", "Thumbs.db", "notes.txt", "raw.heic"):
        (photos / name).write_bytes(b"x")
    note = prepare(photos, 16).note
    assert "4 left out (2 hidden or the system's, 2 not readable" in note


def test_one_picture_will_do(photos, prepare):
    save(photos / "a.png")
    assert prepare(photos, 16).images.shape == (1, 16, 16, 3)


def test_a_folder_without_pictures_says_what_it_has(photos, prepare):
    (photos / "notes.txt").write_text("x")
    message = r"photos holds no images .*0 files used, 1 left out \(1 not.*\.txt\)"
    with pytest.raises(DataError, match=message):
        prepare(photos, 16)


def test_one_empty_class_of_ten_is_named(photos, prepare):
    for number in range(9):
        save(photos / f"class{number}" / "a.png")
    (photos / "emu").mkdir()
    with pytest.raises(DataError, match=r"class folder .*emu holds no images that"):
        prepare(photos, 16)


def test_a_class_or_a_folder_of_damaged_pictures_is_named(photos, prepare):
    save(photos / "cat/a.png")
    (photos / "dog").mkdir()
    damaged(photos / "dog/b.jpg", "empty")
    message = (
        r"none of the 1 pictures of the class dog can be used\. .*b\.jpg cannot be"
    )
    with pytest.raises(DataError, match=message):
        prepare(photos, 16)
    damaged(photos / "cat/a.png", "text")
    with pytest.raises(
        DataError, match=r"none of the 2 pictures can be used\. .*a\.png"
    ):
        prepare(photos, 16)


def test_pictures_of_several_sizes_need_a_size(photos, prepare):
    save(photos / "a.png", (40, 32))
    save(photos / "b.png", (40, 33))
    message = r"differ in size; the first ones are 32x40 .*b\.png is 33x40.*--size 64"
    with pytest.raises(DataError, match=message):
        prepare(photos)
    save(photos / "b.png", (40, 32))
    assert prepare(photos).shape == (32, 40, 3)


@pytest.mark.parametrize("size", [0, 17, 144, (64, 24), -16])
def test_a_size_that_networks_cannot_have_is_refused_before_all_else(size, prepare):
    with pytest.raises(DataError, match=r"heights and widths of 16, 32, .*128\."):
        prepare("nosuch", size)


def test_where_most_are_enlarged_it_is_said(photos, prepare):
    save(photos / "a.png", (16, 16))
    save(photos / "b.png", (16, 16))
    save(photos / "c.png", (64, 64))
    assert "2 enlarged); most are smaller than that" in prepare(photos, 32).note
    save(photos / "b.png", (32, 32))
    assert "most are" not in prepare(photos, 32).note


# ---------------------------------------------------------------------------- the cache


@pytest.fixture
def no_reading(monkeypatch):
    """Returns a function after which no picture can be read."""

    def refuse(*_):
        raise AssertionError("a picture was read")

    return lambda: monkeypatch.setattr(preparation, "_tried", refuse)


def test_the_second_start_reads_no_picture(photos, prepare, no_reading):
    save(photos / "cat/a.png")
    damaged(photos / "cat/b.jpg", "cut")
    first = prepare(photos, 16)
    no_reading()
    (photos / "notes.txt").write_text("of no matter")
    moved = photos.rename(photos.with_name("moved"))
    second = prepare(moved, 16)
    assert second.fingerprint == first.fingerprint
    assert second.note == (
        f"The folder {moved} (train): 1 file used, 2 left out (1 damaged: b.jpg, 1 not "
        "readable as pictures: .txt); 1 made 16x16 (1 cropped)."
    )


@pytest.mark.parametrize("change", ["size", "time", "name", "class", "one more"])
def test_a_changed_picture_is_noticed(photos, prepare, change):
    save(photos / "cat/a.png", color=(1, 1, 1))
    save(photos / "dog/a.png")
    path = photos / "cat/a.png"
    before = prepare(photos, 16)
    if change == "size":
        time = path.stat().st_mtime_ns
        save(path, (400, 320), color=(2, 1, 1))
        os.utime(path, ns=(time, time))
    elif change == "time":
        save(path, color=(2, 1, 1))
        os.utime(path, (1, 1))
    elif change == "name":
        path.rename(photos / "cat/b.png")
    elif change == "class":
        (photos / "cat").rename(photos / "cow")
    else:
        save(photos / "cat/c.png")
    after = prepare(photos, 16)
    # What was prepared before is removed: nothing would ever read it.
    assert len(list((photos.parent / "cache/prepared").iterdir())) == 1
    same = np.array_equal(before.images, after.images)
    assert same is (change in ("name", "class"))
    assert after.class_names[0] == ("cow" if change == "class" else "cat")


def test_every_setting_counts(photos, prepare):
    save(photos / "train/a.png")
    save(photos / "test/a.png")
    settings = ({}, {"fit": "pad"}, {"background": 0}, {"channels": 1})
    for more in (*settings, {"channels": 4}, {"split": "test"}):
        prepare(photos, 16, **more)
    prepare(photos, (16, 32))
    assert len(list((photos.parent / "cache/prepared").iterdir())) == 7


def test_a_damaged_cache_is_prepared_again(photos, prepare, capsys):
    save(photos / "a.png")
    first = prepare(photos, 16)
    (path,) = (photos.parent / "cache/prepared").glob("*/images.npy")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert prepare(photos, 16).fingerprint == first.fingerprint
    assert "is damaged" in capsys.readouterr().err
    assert prepare(photos, 16).fingerprint == first.fingerprint
    assert not capsys.readouterr().err


def test_an_error_leaves_no_cache(photos, prepare):
    save(photos / "a.png")
    save(photos / "b.png", (9, 9))
    with pytest.raises(DataError):
        prepare(photos)
    assert not list((photos.parent / "cache/prepared").iterdir())


def test_images_that_are_refused_leave_no_cache(photos, prepare):
    save(photos / "mask.png", mode="L", color=1)
    with pytest.raises(DataError, match=r"photos \(train\): .*all values are 0 or 1"):
        prepare(photos, 16)
    assert not list((photos.parent / "cache/prepared").iterdir())


def test_large_sets_are_mapped_and_their_parts_too(photos, prepare, monkeypatch):
    monkeypatch.setattr("ganzoo.data.prepared.IN_MEMORY", 0)
    monkeypatch.setattr("ganzoo.data.mapped.IN_MEMORY", 0)
    for number in range(10):
        save(photos / f"{number}.png", color=(number, 99, 99))
    found = prepare(photos, 16)
    left, out = data.hold_out(found)
    assert all(data.is_mapped(one.images) for one in (found, left, out))
    assert left.images[:, 0, 0, 0].tolist() == list(range(9))
    assert out.images[:, 0, 0, 0].tolist() == [9]


def test_large_sets_have_a_bar_on_a_terminal(photos, prepare, monkeypatch, capsys):
    for number in range(3):
        save(photos / f"{number}.png")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    prepare(photos, 16)  # only three
    assert not capsys.readouterr().err
    monkeypatch.setattr(preparation, "_WITH_BAR", 2)
    prepare(photos, 32, progress=False)
    assert not capsys.readouterr().err
    prepare(photos, 48)
    assert "preparing" in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    prepare(photos, 64)
    assert not capsys.readouterr().err


def test_a_zip_gives_what_its_folder_gives(photos, prepare):
    for name in ("cat/a.png", "cat/b.jpg", "dog/c.png"):
        path = photos / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(SMOOTH).save(path)
    with zipfile.ZipFile(photos.with_suffix(".zip"), "w") as archive:
        for path in photos.rglob("*.*"):
            archive.write(path, path.relative_to(photos.parent))
    found, packed = prepare(photos, 32), prepare(photos.with_suffix(".zip"), 32)
    assert found.fingerprint == packed.fingerprint
    assert found.class_names == packed.class_names
