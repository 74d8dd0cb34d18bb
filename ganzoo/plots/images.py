"""Grids of images and pictures side by side, exact to the pixel."""

import io
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from ganzoo.plots.files import DPI, INK, TEXT, TITLE, WIDTH, save_figure, write

_CHANNELS = (1, 3, 4)  # gray, RGB, RGBA
MOST_PIXELS = 100_000_000  # per picture; viewers refuse more


def tile(
    images: ArrayLike,
    columns: int | None = None,
    padding: int = 2,
    background: int = 255,
) -> np.ndarray:
    """Lays images out in a grid, row by row, with a margin around each.

    Args:
        images: [n, height, width, channels], uint8, or float in [-1, 1] (rounded, and
            clipped where a network without tanh exceeds them); 1, 3 or 4 (RGBA)
            channels.
        columns: Number of images per row; by default that of the smallest square grid.
        padding: Pixels between two images and around the grid.
        background: Gray value of the margins, of cells left empty, and behind
            transparent parts, 0 to 255.

    Returns:
        uint8 [rows * (height + padding) + padding, ..., 1 or 3].

    Raises:
        ValueError: If the images have another shape or dtype, if there are none, if one
            of them holds NaN or infinity, or if a layout argument is out of range.
    """
    images = _to_uint8(_image_batch(images))
    few = columns is not None and columns < 1
    if few or padding < 0 or not 0 <= background <= 255:
        raise ValueError(
            f"tile: columns={columns}, padding={padding}, background={background}; "
            "columns must be at least 1, padding at least 0, background 0 to 255."
        )
    images = _opaque(images, background)
    count, height, width, channels = images.shape
    rows, columns = _grid(count, columns)
    pitch_y, pitch_x = height + padding, width + padding
    grid = np.full(
        (rows * pitch_y + padding, columns * pitch_x + padding, channels),
        background,
        np.uint8,
    )
    for index, image in enumerate(images):
        top = padding + index // columns * pitch_y
        left = padding + index % columns * pitch_x
        grid[top : top + height, left : left + width] = image
    return grid


def check_grid(
    count: int, shape: tuple[int, ...], columns: int | None = None, scale: int = 1
) -> None:
    """Refuses grids of `tile` that would be too large a picture.

    Args:
        count: Number of images.
        shape: Height, width and channels of an image.
        columns: Number of images per row, as in `tile`.
        scale: Enlargement, as in `save_image`.

    Raises:
        ValueError: The picture would be too large, or an argument is below 1.
    """
    if count < 1:
        raise ValueError(f"count={count} must be at least 1.")
    rows, columns = _grid(count, columns)
    check_scale(rows * (shape[0] + 2) + 2, columns * (shape[1] + 2) + 2, scale)


def _grid(count: int, columns: int | None) -> tuple[int, int]:
    """Returns the rows and columns of a grid of `count` images."""
    columns = math.isqrt(count - 1) + 1 if columns is None else columns
    if columns < 1:
        raise ValueError(f"columns={columns} must be at least 1.")
    columns = min(columns, count)
    return -(-count // columns), columns


def pairs(
    left: ArrayLike,
    right: ArrayLike,
    columns: int = 4,
    padding: int = 4,
    background: int = 255,
) -> np.ndarray:
    """Lays pairs of images out in a grid, the two of a pair side by side, touching.

    Args:
        left: [n, height, width, channels], as in `tile`.
        right: Images of the same shape as `left`, such as nearest training images.
        columns: Number of pairs per row.
        padding: Pixels between two pairs and around the grid.
        background: Gray value of the margins, 0 to 255.

    Raises:
        ValueError: If the shapes differ, or as in `tile`.
    """
    left, right = (_to_uint8(_image_batch(images)) for images in (left, right))
    if left.shape != right.shape:
        raise ValueError(
            f"pairs: the images on the left have the shape {left.shape}, those on the "
            f"right {right.shape}; both must be the same."
        )
    return tile(np.concatenate([left, right], axis=2), columns, padding, background)


def save_image(path: str | os.PathLike, array: ArrayLike, scale: int = 1) -> None:
    """Writes one picture, each pixel enlarged to scale x scale.

    Args:
        path: Path of the file, ending in .png; missing folders are created.
        array: uint8 [height, width], or [height, width, 1, 3 or 4 (RGBA)].
        scale: Enlargement, a whole number of at least 1.

    Raises:
        ValueError: If an argument is invalid, or the picture is too large.
    """
    write(path, png(array, scale))


def png(array: ArrayLike, scale: int = 1) -> bytes:
    """Returns the content of a PNG file, each pixel enlarged to scale x scale.

    Args:
        array: uint8 [height, width], or [height, width, 1, 3 or 4 (RGBA)].
        scale: Enlargement, a whole number of at least 1.

    Raises:
        ValueError: If an argument is invalid, or the picture is too large.
    """
    picture = _picture(array)
    check_scale(picture.shape[0], picture.shape[1], scale)
    picture = picture.repeat(int(scale), axis=0).repeat(int(scale), axis=1)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def check_scale(height: int, width: int, scale: int = 1) -> None:
    """Refuses pictures of over 100 million pixels, and scales below 1.

    Raises:
        ValueError: The message has the size of the picture and the largest scale.
    """
    if scale != int(scale) or scale < 1:
        raise ValueError(f"scale={scale} must be a whole number of at least 1.")
    if height * width * scale**2 > MOST_PIXELS:
        most = math.isqrt(MOST_PIXELS // max(1, height * width))
        remedy = f"a scale of at most {most}" if most else "fewer images"
        raise ValueError(
            f"scale={scale} makes a picture of {scale * height:,} x {scale * width:,} "
            f"pixels, over {MOST_PIXELS:,}; choose {remedy}."
        )


def panels(
    path: str | os.PathLike,
    pictures: Mapping[str, ArrayLike],
    columns: int = 3,
    title: str = "",
) -> None:
    """Puts pictures side by side under their names, for example one per epoch.

    Small pictures are enlarged by a whole number, so that pixels stay square and sharp.

    Args:
        path: Path of the file, ending in .png; missing folders are created.
        pictures: Name -> uint8 [height, width] or [height, width, 1, 3 or 4 (RGBA)],
            for example from `tile`.
        columns: Number of pictures per row.
        title: Title above all pictures.

    Raises:
        ValueError: If there are no pictures, one is of another shape or dtype, or
            `columns` is below 1.
    """
    from matplotlib.figure import Figure  # here, as tiles do not need it

    if not pictures or columns < 1:
        raise ValueError(
            f"panels: {len(pictures)} pictures in {columns} columns; give at least one "
            "of each."
        )
    checked = {name: _picture(picture) for name, picture in pictures.items()}
    height = max(picture.shape[0] for picture in checked.values())
    width = max(picture.shape[1] for picture in checked.values())
    columns = min(columns, len(pictures))
    scale = max(1, min(4, 960 // (columns * width)))
    gap, caption, heading = 16, 26, 44 if title else 6
    pitch_x, pitch_y = scale * width + gap, scale * height + gap + caption
    total_x = columns * pitch_x + gap
    total_y = math.ceil(len(pictures) / columns) * pitch_y + heading
    figure = Figure(figsize=(total_x / DPI, total_y / DPI), dpi=DPI)
    larger = max(1.0, total_x / DPI / WIDTH)  # as it is made smaller in print
    text: dict[str, Any] = {"color": INK, "va": "center"}
    for index, (name, picture) in enumerate(checked.items()):
        # Positions are in pixels from the lower left corner, as in matplotlib; an image
        # drawn in axes would be resampled.
        left = gap + index % columns * pitch_x
        top = total_y - heading - caption - index // columns * pitch_y
        picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
        if picture.ndim == 2:
            # As RGB, because a color map would round.
            picture = np.repeat(picture[:, :, np.newaxis], 3, axis=2)
        figure.figimage(picture, left, top - len(picture), origin="upper")
        figure.text(
            left / total_x, (top + 11) / total_y, name, fontsize=TEXT * larger, **text
        )
    if title:
        figure.text(
            gap / total_x, 1 - 22 / total_y, title, fontsize=TITLE * larger, **text
        )
    save_figure(path, figure)


def _image_batch(images: ArrayLike) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] not in _CHANNELS or 0 in images.shape:
        raise ValueError(
            f"Images have the shape {images.shape}; they must be [n, height, width, "
            "channels] with n at least 1 and 1, 3 or 4 channels."
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise ValueError(
            f"Images are {images.dtype}; they must be uint8, or float in [-1, 1]."
        )
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        bad = int(np.argmin(np.isfinite(images).all(axis=(1, 2, 3))))
        raise ValueError(f"Image {bad} of {len(images)} holds NaN or infinity.")
    return images


def _opaque(images: np.ndarray, background: int) -> np.ndarray:
    """Lays uint8 RGBA images on a gray background; others stay as they are."""
    if images.shape[3] != 4:
        return images
    colors, alpha = images[..., :3].astype(np.uint16), images[..., 3:].astype(np.uint16)
    return ((colors * alpha + background * (255 - alpha) + 127) // 255).astype(np.uint8)


def _to_uint8(images: np.ndarray) -> np.ndarray:
    if images.dtype == np.uint8:
        return images
    gray = (images.astype(np.float32) + 1.0) * 127.5
    return np.rint(np.clip(gray, 0.0, 255.0)).astype(np.uint8)


def _picture(array: ArrayLike) -> np.ndarray:
    """Returns a uint8 picture, [height, width] or [height, width, 3 or 4]."""
    picture = np.asarray(array)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    good = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] in _CHANNELS)
    if picture.dtype != np.uint8 or not good or 0 in picture.shape:
        raise ValueError(
            f"A picture of {np.shape(array)} {picture.dtype} cannot be written; it "
            "must be uint8 [height, width] or [height, width, 1, 3 or 4]. plots.tile "
            "makes one from a batch of images."
        )
    return picture
