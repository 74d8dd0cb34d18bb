"""Procedurally drawn house numbers: labeled 32x32 RGB digits as in SVHN.

Each image is a function of the seed and its own number, regardless of the number of
threads and of images: each block of images has its own random stream and is always
drawn whole. Within a block every step is one array operation on all its images; these
release Python's lock, so that threads suffice to use several cores.
"""

import concurrent.futures
import math
import pathlib

import numpy as np
from tqdm.auto import tqdm

from ganzoo.data.drawn import at_least
from ganzoo.data.house_numbers.camera import photograph
from ganzoo.data.house_numbers.fonts import DIGITS, Faces, font_faces
from ganzoo.data.house_numbers.paint import painted
from ganzoo.data.house_numbers.pens import pen_faces
from ganzoo.data.house_numbers.scene import SIZE, lay_out
from ganzoo.data.house_numbers.style import RICH, SOURCE, STYLES, Style
from ganzoo.data.images import DataError, ImageSet
from ganzoo.data.threads import cores

__all__ = ["RICH", "SOURCE", "STYLES", "Style", "draw_house_numbers"]

# Images per block. Their arrays fit into a core's cache; another number would give
# other images.
_BLOCK = 64
_MOST = 10**8  # images of a set (300 GB), and threads


def draw_house_numbers(
    count: int = 73_000,
    *,
    seed: int,
    style: Style | str = "rich",
    fonts: str | pathlib.Path = "matplotlib",
    threads: int | None = None,
) -> ImageSet:
    """Draws house-number digits, 32x32 in RGB, about 2,000 per second and core.

    Image i shows the digit i % 10, so that class sizes differ by one image at most. A
    larger set of the same seed starts with the smaller one. A terminal shows a progress
    bar.

    Args:
        count: Number of images.
        seed: Seed of the images.
        style: Ranges of variation: "source" or "rich" (see `SOURCE` and `RICH`), or a
            `Style`.
        fonts: "matplotlib" for Matplotlib's text fonts, the same on every machine;
            "system" for these and all fonts of the system; or a folder of TrueType
            fonts, including its sub-folders.
        threads: Number of threads; by default the number of cores.

    Raises:
        DataError: Numbers out of range, an unknown style, a folder without usable
            fonts.
    """
    at_least("count", count, 1, _MOST)
    at_least("seed", seed, 0)
    threads = cores() if threads is None else threads
    at_least("threads", threads, 1, _MOST)
    style = _style(style)
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    labels = np.arange(count) % len(DIGITS)
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        faces = _faces(pool, fonts, style)
        blocks = pool.map(
            lambda block: _draw(block, seed, style, faces),
            range(math.ceil(count / _BLOCK)),
        )
        with tqdm(total=count, unit=" images", leave=False, disable=None) as bar:
            for block, drawn in enumerate(blocks):
                part = images[block * _BLOCK : (block + 1) * _BLOCK]
                part[:] = drawn[: len(part)]
                bar.update(len(part))
    name = f"house numbers ({style.name}, seed {seed})"
    return ImageSet(images, labels, tuple(DIGITS), name, "train")


def _draw(block: int, seed: int, style: Style, faces: Faces) -> np.ndarray:
    """Draws the images of one block, uint8 [64, 32, 32, 3]."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, block))))
    labels = np.arange(block * _BLOCK, (block + 1) * _BLOCK) % len(DIGITS)
    scene = lay_out(rng, labels, style, faces)
    return photograph(rng, painted(rng, scene, style), style)


def _faces(
    pool: concurrent.futures.Executor, fonts: str | pathlib.Path, style: Style
) -> Faces:
    """Returns the faces of the fonts, followed by pens if the style uses any."""
    faces = font_faces(fonts, pool.map)
    return faces.joined(pen_faces(pool.map)) if style.pens else faces


def _style(style: Style | str) -> Style:
    if isinstance(style, str) and style in STYLES:
        return STYLES[style]
    if not isinstance(style, Style):
        raise DataError(
            f"style={style!r} must be {' or '.join(map(repr, STYLES))}, or a "
            "ganzoo.data.house_numbers.Style."
        )
    return style
