"""The digits of fonts as distance fields: the distance of every point to the outline.

One field gives a digit of any size, weight, outline and edge softness, as thresholds of
the distance. The field is smooth, so it can be sampled coarsely.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from ganzoo.data.images import DataError

if TYPE_CHECKING:
    from PIL import ImageFont

DIGITS = "0123456789"
SIDE = 48  # points of a field, along either axis
HEIGHT = 30  # points of a digit's height; the rest is margin
_FINER = 3  # pixels per point when the outline is rasterized
_WIDEST = (SIDE - 6) * _FINER  # in such pixels; a wider digit would leave no margin
SUFFIXES = (".otf", ".ttc", ".ttf")
# Matplotlib's own; its others hold symbols, or digits with ascenders and descenders.
_TEXT_FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-*.ttf",
    "DejaVuSansMono*.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-*.ttf",
    "STIXGeneral*.ttf",
    "cmb10.ttf",
    "cmr10.ttf",
    "cmss10.ttf",
    "cmti10.ttf",
    "cmtt10.ttf",
)


@dataclasses.dataclass(frozen=True, eq=False)
class Faces:
    """Faces (ways to write the ten digits), each digit as a distance field."""

    # Float32 [faces, 10, SIDE, SIDE], distance to the outline in heights of a digit,
    # positive inside. The digit is centered in the field
    fields: np.ndarray
    widths: np.ndarray  # widths of the digits in heights, float32 [faces, 10]
    names: tuple[str, ...]  # one name per face
    pens: int = 0  # number of faces, at the end, that are pens

    def __len__(self) -> int:
        return len(self.names)

    def joined(self, pens: "Faces") -> "Faces":
        """Returns these faces followed by pens."""
        return Faces(
            np.concatenate([self.fields, pens.fields]),
            np.concatenate([self.widths, pens.widths]),
            self.names + pens.names,
            len(pens),
        )


def font_files(fonts: str | pathlib.Path) -> list[pathlib.Path]:
    """Returns font files of `draw_house_numbers`' argument, sorted by name."""
    import matplotlib  # late, because most programs never read a font

    own = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    files = {path for pattern in _TEXT_FONTS for path in own.glob(pattern)}
    if fonts == "system":
        from matplotlib import font_manager

        files |= _fonts_among(map(pathlib.Path, font_manager.findSystemFonts()))
    elif fonts != "matplotlib":
        folder = pathlib.Path(fonts).expanduser()
        if not folder.is_dir():
            raise DataError(
                f"{str(fonts)!r} is not a folder. Fonts are 'matplotlib', 'system' or "
                "a folder of TrueType fonts."
            )
        files = _fonts_among(folder.rglob("*"))
        if not files:
            raise DataError(
                f"There are no fonts ({', '.join(SUFFIXES)}) in {folder}. Put some "
                "there, or use Matplotlib's own: fonts='matplotlib'."
            )
    return sorted(files, key=lambda path: (path.name, path))


def _fonts_among(paths: Iterable[pathlib.Path]) -> set[pathlib.Path]:
    return {path for path in paths if path.suffix.lower() in SUFFIXES}


def font_faces(fonts: str | pathlib.Path = "matplotlib", each: Callable = map) -> Faces:
    """Returns the faces of fonts; `each` is `map`, or an executor's.

    Fonts without ten digits, or with digits too wide for a house number, are left out.
    """
    files = font_files(fonts)
    found = dict(zip(files, each(_face, files), strict=True))
    usable = {path: face for path, face in found.items() if face is not None}
    if not usable:
        raise DataError(
            f"None of the {len(files)} fonts of {str(fonts)!r} can be read and has ten "
            f"different digits: {', '.join(path.name for path in files[:3])}, ... Use "
            "text fonts, or Matplotlib's own: fonts='matplotlib'."
        )
    fields, widths = zip(*usable.values(), strict=True)
    names = tuple(path.stem for path in usable)
    return Faces(np.stack(fields), np.stack(widths), names)


def _face(path: pathlib.Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns a font's fields [10, SIDE, SIDE] and widths [10]; None without digits."""
    from PIL import ImageFont

    def load(size: float) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)

    try:
        probe = load(200)
        boxes = np.array([probe.getbbox(digit) for digit in DIGITS])
        height = boxes[:, 3].max() - boxes[:, 1].min()
        font = load(200 * HEIGHT * _FINER / max(height, 1))
        inks = [_ink(font, digit) for digit in DIGITS]
    except (OSError, ValueError):
        return None
    tops = [top for _, top in inks]
    bottoms = [top + len(ink) for ink, top in inks]
    # A font draws all digits that it lacks as the same box, or as nothing.
    different = len({(ink.shape, ink.tobytes()) for ink, _ in inks}) == len(DIGITS)
    if not different or max(ink.shape[1] for ink, _ in inks) > _WIDEST:
        return None
    middle = (min(tops) + max(bottoms)) / 2
    fields = [_field(ink, top - middle) for ink, top in inks]
    widths = [ink.shape[1] / (HEIGHT * _FINER) for ink, _ in inks]
    return np.stack(fields), np.array(widths, np.float32)


def _ink(font: "ImageFont.FreeTypeFont", digit: str) -> tuple[np.ndarray, int]:
    """Returns a cropped digit, bool [height, width], and its top below the ascent."""
    mask, (_, top) = font.getmask2(digit, mode="L")
    ink = np.array(mask, np.uint8).reshape(mask.size[::-1]) > 127
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        raise ValueError("no ink")
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut, top + rows[0]


def _field(ink: np.ndarray, top: float) -> np.ndarray:
    """Returns the distance field of a digit that starts `top` below the center."""
    side = SIDE * _FINER
    canvas = np.zeros((side, side), bool)
    left, first = (side - ink.shape[1]) // 2, round(side / 2 + top)
    rows, columns = ink.shape
    canvas[first : first + rows, left : left + columns] = ink
    inside = ndimage.distance_transform_edt(canvas)
    outside = ndimage.distance_transform_edt(~canvas)
    # Half a pixel: the outline runs between the last pixel inside and the first out.
    distance = inside - outside - np.where(canvas, 0.5, -0.5)
    means = distance.reshape(SIDE, _FINER, SIDE, _FINER).mean((1, 3))
    return (means / (HEIGHT * _FINER)).astype(np.float32)
