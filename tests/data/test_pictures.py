"""What a viewer shows is what is read, in every mode and format of Pillow."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from ganzoo.data import (
    DataError,
    picture_colors,
    picture_modes,
    pictures,
    read_picture,
)
from ganzoo.data.pictures import NO_PICTURES, formats, looks_like_one, picture, suffixes

Image.init()


def chunk(kind: bytes, content: bytes) -> bytes:
    sum_ = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + sum_


def png(bits: int, color: int, row: bytes, width: int, **chunks: bytes) -> bytes:
    """A PNG file of one row, with chunks of any kind."""
    head = struct.pack(">IIBBBBB", width, 1, bits, color, 0, 0, 0)
    others = b"".join(chunk(name.encode(), value) for name, value in chunks.items())
    body = chunk(b"IDAT", zlib.compress(b"\0" + row))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + others
        + body
        + chunk(b"IEND", b"")
    )


def tiff(values: np.ndarray, photometric: int, sample_format: int = 1) -> bytes:
    """A TIFF file of one strip of gray values, as they are."""
    bits = 8 * values.dtype.itemsize
    tags = {256: values.shape[1], 257: values.shape[0], 258: bits, 259: 1}
    tags |= {262: photometric, 273: 0, 277: 1, 278: values.shape[0]}
    tags |= {279: values.nbytes, 339: sample_format}
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in tags.items())
    return (
        b"II*\0"
        + struct.pack("<IH", 8, len(tags))
        + entries
        + bytes(4)
        + values.tobytes()
    )


def saved(tmp_path, content, name="x.png", **options):
    """The path of a file with this content, bytes or an image."""
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content.save(path, **options)
    return path


def colors(path) -> list:
    """The pixels of the first row."""
    pixels = read_picture(path)
    return pixels[0, :, 0].tolist() if pixels.shape[-1] == 1 else pixels[0].tolist()


# ------------------------------------------------------------------------------ modes


def palette_image(mode, *entries):
    image = Image.new("P", (1, 1), 1)
    image.putpalette([value for entry in entries for value in entry])
    return image if mode == "P" else image.convert(mode)


def numbers(mode, value):
    """An image whose mode Pillow makes of an array only."""
    kinds = {"F": "<f4", "I": "<i4", "I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2"}
    kind = kinds.get(mode, "=u2")
    return Image.frombytes(mode, (1, 1), np.array([value], kind).tobytes())


# Mode -> an image of one pixel, and what a viewer shows of it: half of white lies over
# what is half transparent.
MODES = {
    "1": (Image.new("1", (1, 1), 1), 255),
    "L": (Image.new("L", (1, 1), 100), 100),
    "LA": (Image.new("LA", (1, 1), (100, 128)), 177),
    "La": (Image.new("LA", (1, 1), (100, 128)).convert("La"), 177),
    "P": (palette_image("P", (0, 0, 0), (1, 2, 3)), (1, 2, 3)),
    "PA": (palette_image("PA", (0, 0, 0), (1, 2, 3)), (1, 2, 3)),
    "RGB": (Image.new("RGB", (1, 1), (1, 2, 3)), (1, 2, 3)),
    "RGBX": (Image.new("RGBX", (1, 1), (1, 2, 3, 0)), (1, 2, 3)),
    "RGBA": (Image.new("RGBA", (1, 1), (100, 0, 255, 128)), (177, 127, 255)),
    "RGBa": (
        Image.new("RGBA", (1, 1), (100, 0, 255, 128)).convert("RGBa"),
        (177, 127, 255),
    ),
    "CMYK": (Image.new("CMYK", (1, 1), (255, 0, 0, 51)), (0, 204, 204)),
    "YCbCr": (Image.new("YCbCr", (1, 1), (76, 85, 255)), (254, 0, 0)),
    "LAB": (Image.new("LAB", (1, 1), (136, 208, 195)), (250, 3, 11)),
    "HSV": (Image.new("HSV", (1, 1), (0, 255, 255)), (255, 0, 0)),
    "I": (numbers("I", 70_000), r"32-bit integers.*\(mode 'I'\), from 70000 to 70000"),
    "F": (numbers("F", 0.5), r"floating-point numbers.*values - black"),
    "I;16": (numbers("I;16", 32_768), 128),
    "I;16L": (numbers("I;16L", 32_768), 128),
    "I;16B": (numbers("I;16B", 32_768), 128),
    "I;16N": (numbers("I;16N", 32_768), 128),
}


def test_the_table_has_every_mode_that_pillow_has():
    assert set(MODES) >= set(Image.MODES)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode in Image.MODES])
def test_every_mode_is_shown_right_or_refused_with_its_remedy(mode):
    image, expected = MODES[mode]
    assert image.mode == mode
    if isinstance(expected, str):
        with pytest.raises(picture_modes.UnclearError, match=f"has {expected}"):
            picture_modes.plain(image, "")
        return
    plain = picture_colors.to_srgb(
        picture_modes.plain(image, ""), picture_colors.Colors()
    )
    laid, transparent = pictures.composited(plain, 255)
    pixels = pictures.as_array(laid)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (1, 1, np.size(expected))
    assert np.abs(pixels[0, 0].astype(int) - expected).max() <= 1
    assert transparent == (mode in ("LA", "La", "RGBA", "RGBa"))


def test_an_unknown_mode_is_refused():
    class New:
        mode, format, info = "XYZ", "NEW", {}

    with pytest.raises(
        picture_modes.UnclearError, match="mode 'XYZ', which is not supported"
    ):
        picture_modes.plain(New(), "")


@pytest.mark.parametrize("value", [0, 127, 128, 129, 257, 32_767, 32_768, 65_535])
def test_16_bits_are_scaled_by_value(tmp_path, value):
    expected = [int(np.rint(value * 255 / 65535))]
    image = Image.fromarray(np.array([[value]], np.uint16))
    for name in ("x.png", "x.tif", "x.jp2"):
        assert colors(saved(tmp_path, image, name)) == expected
    pgm = f"P2 1 1 65535\n{value}\n".encode()
    assert colors(saved(tmp_path, pgm, "x.pgm")) == expected
    rgb = png(16, 2, struct.pack(">3H", value, value, value), 1)
    # Pillow keeps the upper 8 bits of colors.
    assert colors(saved(tmp_path, rgb)) == [[value >> 8] * 3]


def test_tiff_says_what_is_white_and_how_many_bits_there_are(tmp_path):
    sixteen = np.array([[0, 65_535, 1000]], "<u2")
    assert colors(saved(tmp_path, tiff(sixteen, 1), "x.tif")) == [0, 255, 4]
    assert colors(saved(tmp_path, tiff(sixteen, 0), "x.tif")) == [255, 0, 251]
    eight = np.array([[0, 255, 10, 0]], np.uint8)
    assert colors(saved(tmp_path, tiff(eight, 0), "x.tif")) == [255, 0, 245, 255]
    twelve = bytearray(tiff(np.array([[0xFF, 0xF0, 0x00]], np.uint8), 1))
    # Two pixels of 12 bits in three bytes: 4095 and 0.
    twelve = bytes(twelve).replace(
        struct.pack("<HHII", 258, 4, 1, 8), struct.pack("<HHII", 258, 4, 1, 12)
    )
    twelve = twelve.replace(
        struct.pack("<HHII", 256, 4, 1, 3), struct.pack("<HHII", 256, 4, 1, 2)
    )
    assert colors(saved(tmp_path, twelve, "x.tif")) == [255, 0]


@pytest.mark.parametrize(
    ("values", "sample_format", "message"),
    [
        (np.array([[-5, 7]], "<i2"), 2, "signed numbers.*from -5 to 7"),
        (np.array([[1, 2]], np.int8), 2, "signed numbers"),
        (np.array([[1, 2]], "<u4"), 1, "32-bit integers.*from 1 to 2"),
        (np.array([[0, 1]], "<f4"), 3, "floating-point numbers.*from 0 to 1"),
    ],
)
def test_numbers_without_a_range_are_refused(tmp_path, values, sample_format, message):
    path = saved(tmp_path, tiff(values, 1, sample_format), "x.tif")
    with pytest.raises(DataError, match=rf"x\.tif has {message}.*black.*white"):
        read_picture(path)


# ----------------------------------------------------------------------- transparency

KEY = struct.pack


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # The color that is transparent, in as many bits as the pixels have.
        (png(1, 0, b"\x40", 2, tRNS=KEY(">H", 0)), [255, 255]),
        (png(2, 0, b"\x18", 3, tRNS=KEY(">H", 1)), [0, 255, 170]),
        (png(4, 0, b"\x18", 2, tRNS=KEY(">H", 8)), [17, 255]),
        (png(8, 0, b"\x09\x0a", 2, tRNS=KEY(">H", 9)), [255, 10]),
        (png(16, 0, KEY(">2H", 600, 601), 2, tRNS=KEY(">H", 600)), [255, 2]),
        (
            png(8, 2, b"\x01\x02\x03\x01\x02\x04", 2, tRNS=KEY(">3H", 1, 2, 3)),
            [[255, 255, 255], [1, 2, 4]],
        ),
        # Gray with alpha of 16 bits is gray; colors with alpha are colors.
        (png(16, 4, KEY(">4H", 25_700, 65_535, 0, 0), 2), [100, 255]),
        (png(16, 6, KEY(">4H", 25_700, 0, 0, 65_535), 1), [[100, 0, 0]]),
        # Palettes: one entry transparent, some half, none; and of grays only.
        (
            png(8, 3, b"\0\1", 2, PLTE=b"\x01\x02\x03\x04\x05\x06", tRNS=b"\xff\0"),
            [[1, 2, 3], [255, 255, 255]],
        ),
        (
            png(8, 3, b"\0\1", 2, PLTE=b"\0\0\0\x64\0\xff", tRNS=b"\xff\x80"),
            [[0, 0, 0], [177, 127, 255]],
        ),
        (png(8, 3, b"\0\1", 2, PLTE=b"\x07\x07\x07\xc8\xc8\xc8"), [7, 200]),
        (
            png(8, 3, b"\0\1", 2, PLTE=b"\x07\x07\x07\xc8\xc8\xc8", tRNS=b"\0"),
            [255, 200],
        ),
    ],
    ids=range(12),
)
def test_what_is_transparent_shows_white(tmp_path, content, expected):
    assert colors(saved(tmp_path, content)) == expected


@pytest.mark.parametrize("background", [0, 1, 128, 254, 255])
def test_every_color_and_alpha_is_mixed_and_rounded_to_the_nearest(background):
    color, alpha = np.meshgrid(np.arange(256), np.arange(256))
    image = Image.fromarray(np.stack([color, alpha], -1).astype(np.uint8), "LA")
    found = pictures.as_array(pictures.composited(image, background)[0])[..., 0]
    exact = (color * alpha + background * (255 - alpha)) / 255
    np.testing.assert_array_equal(found, np.rint(exact))  # there are no ties


def test_the_background_may_be_another_and_hidden_colors_stay_hidden(tmp_path):
    image = Image.new("RGBA", (2, 1), (200, 10, 10, 0))
    image.putpixel((1, 0), (200, 10, 10, 255))
    path = saved(tmp_path, image)
    assert colors(path) == [[255, 255, 255], [200, 10, 10]]
    assert read_picture(path, background=0)[0].tolist() == [[0, 0, 0], [200, 10, 10]]
    assert picture(path).transparent
    assert not picture(
        saved(tmp_path, Image.new("RGBA", (1, 1), (1, 2, 3)))
    ).transparent
    with pytest.raises(DataError, match="background=256 must be 0"):
        read_picture(path, background=256)


def test_a_transparent_color_of_16_bits_is_refused(tmp_path):
    content = png(16, 2, KEY(">3H", 1, 2, 3), 1, tRNS=KEY(">3H", 1, 2, 3))
    with pytest.raises(DataError, match="is RGB of 16 bits with a transparent color"):
        read_picture(saved(tmp_path, content))


# ---------------------------------------------------------------------------- upright


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_an_orientation_is_followed(tmp_path, suffix):
    stored = np.kron(
        np.array([[40, 200, 90], [0, 150, 250]], np.uint8), np.ones((8, 8))
    )
    stored = stored.astype(np.uint8)
    upright = [
        stored, stored[:, ::-1], stored[::-1, ::-1], stored[::-1], stored.T,
        np.rot90(stored, -1), stored[::-1, ::-1].T, np.rot90(stored),
    ]  # fmt: skip
    lossless = {"webp": {"lossless": True}, "jpg": {"quality": 100}}.get(suffix, {})
    for number, expected in enumerate(upright, start=1):
        exif = Image.Exif()
        exif[0x0112] = number
        image = Image.fromarray(stored)
        path = saved(tmp_path, image, f"x.{suffix}", exif=exif, **lossless)
        found = read_picture(path)[..., 0].astype(int)
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() < 12, number


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_data_turn_nothing(tmp_path):
    image = Image.new("RGB", (2, 1), (1, 2, 3))
    path = saved(
        tmp_path, image, "x.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12"
    )
    assert colors(path) == [[1, 2, 3]] * 2


# ----------------------------------------------------------------------------- colors

D50 = {  # of sRGB's primaries
    "r": (0.4360747, 0.2225045, 0.0139322),
    "g": (0.3850649, 0.7168786, 0.0971045),
    "b": (0.1430804, 0.0606169, 0.7141733),
}


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65_536) for value in values))


def profile(gamma: float, order: str = "") -> bytes:
    """An ICC profile: gray, or RGB whose primaries are sRGB's in another order."""
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    tags = {b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249)}
    if not order:
        tags[b"kTRC"] = curve
    for name, source in zip("rgb", order, strict=bool(order)):
        tags[f"{name}XYZ".encode()] = b"XYZ " + bytes(4) + fixed(*D50[source])
        tags[f"{name}TRC".encode()] = curve
    place, table, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", place + len(body), len(content))
        body += content
    space = b"RGB " if order else b"GRAY"
    head = bytearray(128)
    head[:4] = struct.pack(">I", place + len(body))
    head[8:24] = b"\x02\x40\0\0mntr" + space + b"XYZ "
    head[36:40] = b"acsp"
    head[68:80] = fixed(0.9642, 1.0, 0.8249)
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "webp"])
def test_a_color_profile_is_followed(tmp_path, suffix):
    image = Image.new("RGB", (16, 16), (255, 0, 0))
    options = {"lossless": True} if suffix == "webp" else {}
    path = saved(
        tmp_path, image, f"x.{suffix}", icc_profile=profile(2.2, "grb"), **options
    )
    assert np.abs(np.subtract(colors(path)[0], [0, 255, 0])).max() <= 2


def test_profiles_of_all_kinds_of_images(tmp_path):
    linear = round(255 * (1.055 * 0.2 ** (1 / 2.4) - 0.055))  # sRGB of a fifth: 124
    gray = Image.new("L", (1, 1), 51)
    path = saved(tmp_path, gray, icc_profile=profile(1.0))
    assert np.abs(np.subtract(colors(path), [linear])).max() <= 1
    path = saved(tmp_path, gray.convert("RGB"), icc_profile=profile(1.0, "rgb"))
    assert np.abs(np.subtract(colors(path), [linear] * 3)).max() <= 1
    # With alpha, on white: the profile is the colors', not the background's.
    see_through = Image.new("LA", (1, 1), (51, 128))
    path = saved(tmp_path, see_through, icc_profile=profile(1.0))
    assert np.abs(np.subtract(colors(path), [0.5 * linear + 127.5])).max() <= 2
    path = saved(tmp_path, gray.convert("P"), icc_profile=profile(1.0))
    assert np.abs(np.subtract(colors(path), [linear])).max() <= 1


@pytest.mark.parametrize("icc", ["sRGB", "another space", "broken"])
def test_a_profile_that_changes_nothing_changes_no_bit(tmp_path, icc):
    content = {
        "sRGB": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        "another space": profile(1.0),
        "broken": b"no profile at all",
    }[icc]
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels), icc_profile=content)
    np.testing.assert_array_equal(read_picture(path), pixels)


SRGB = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ({"gAMA": KEY(">I", 45_455)}, [51, 0, 0]),
        ({"gAMA": KEY(">I", 100_000)}, [round(255 * 0.2 ** (1 / 2.2)), 0, 0]),
        ({"gAMA": KEY(">I", 100_000), "sRGB": b"\0"}, [51, 0, 0]),
        ({"gAMA": KEY(">I", 0)}, [51, 0, 0]),
        ({"cHRM": KEY(">8I", *SRGB)}, [51, 0, 0]),
        (
            {"cHRM": KEY(">8I", *SRGB[:2], *SRGB[4:6], *SRGB[2:4], *SRGB[6:])},
            [0, 51, 0],
        ),
    ],
)
def test_what_png_says_of_its_colors_is_followed(tmp_path, chunks, expected):
    path = saved(tmp_path, png(8, 2, b"\x33\0\0", 1, **chunks))
    assert np.abs(np.subtract(colors(path), [expected])).max() <= 1


def test_another_white_stays_white(tmp_path):
    warm = KEY(">8I", 34_570, 35_850, *SRGB[2:])  # D50
    path = saved(tmp_path, png(8, 2, b"\xff\xff\xff\x80\x80\x80", 2, cHRM=warm))
    assert np.abs(np.subtract(colors(path), [[255] * 3, [128] * 3])).max() <= 1


# ------------------------------------------------------------------ formats and frames


SUFFIX = {name: suffix for suffix, name in Image.registered_extensions().items()}


@pytest.mark.parametrize("name", [name for name in formats() if name in Image.SAVE])
def test_what_pillow_writes_is_read_as_it_was(tmp_path, name):
    image, expected = Image.new("RGB", (32, 32), (200, 100, 50)), (200, 100, 50)
    if name in ("GIF", "BLP"):
        image = image.quantize(4)
    if name in ("MSP", "XBM"):  # of two levels
        image, expected = Image.new("1", (32, 32), 1), 255
    path = tmp_path / f"x{SUFFIX[name]}"
    image.save(path, name)
    assert SUFFIX[name] in suffixes()
    found = read_picture(path).astype(int)
    lossy = name in ("JPEG", "WEBP", "AVIF", "JPEG2000")
    assert np.abs(found - expected).max() <= (6 if lossy else 1)


def test_every_format_of_pillow_is_read_or_no_picture():
    assert set(formats()) == set(Image.ID) - NO_PICTURES
    wanted = (
        ".png .jpg .jpeg .jpe .jfif .gif .bmp .tif .tiff .webp .avif .jp2 .ppm .tga"
    )
    assert set(wanted.split()) <= suffixes()
    assert not {".pdf", ".eps", ".ps", ".h5", ".mpg", ".fits"} & suffixes()


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif", "avif"])
def test_of_several_frames_the_first_is_shown_and_all_are_counted(tmp_path, suffix):
    frames = [Image.new("RGB", (16, 16), (80 * n, 0, 0)) for n in range(3)]
    options = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"x.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    found = picture(path)
    assert found.frames == 3
    assert found.pixels.max() <= 2
    assert picture(saved(tmp_path, frames[2], f"y.{suffix}")).frames == 1


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_a_corrupt_file_is_named(tmp_path, content):
    path = saved(tmp_path, Image.effect_noise((64, 64), 50))
    path.write_bytes(path.read_bytes()[:900] if content is None else content)
    with pytest.raises(DataError, match=r"x\.png cannot be read as an image: \w+"):
        read_picture(path)


def test_what_runs_a_program_is_not_opened(tmp_path):
    path = saved(
        tmp_path, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "x.png"
    )
    with pytest.raises(DataError, match="cannot identify"):
        read_picture(path)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("pipe.png", ".", "absent.png"):
        with pytest.raises(DataError, match="is not a file"):
            read_picture(tmp_path / name)


def test_a_file_without_a_suffix_is_known_by_its_first_bytes(tmp_path):
    for suffix in ("png", "jpg", "gif", "webp", "tif", "bmp", "avif", "jp2"):
        path = saved(tmp_path, Image.new("L", (9, 9), 9), f"x.{suffix}")
        assert looks_like_one(path.rename(tmp_path / suffix))
    for content in (b"", b"text", b"PK\x03\x04", b"%PDF-1.7", bytes(1000)):
        assert not looks_like_one(saved(tmp_path, content, "other"))
