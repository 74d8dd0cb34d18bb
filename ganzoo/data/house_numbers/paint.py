"""The colors of house numbers: wall, bars, plate, shadow, outline, digits."""

import numpy as np

from ganzoo.data.house_numbers.chance import column, evenly, mostly_low
from ganzoo.data.house_numbers.scene import PIXELS, SIZE, Scene
from ganzoo.data.house_numbers.style import Style

_THIRDS = 2 * np.pi * np.arange(3) / 3
_BLOTCHES = 8  # per wall, along each axis


def painted(rng: np.random.Generator, scene: Scene, style: Style) -> np.ndarray:
    """Returns the painted scenes, float32 [n, 3, 32, 32], roughly in [0, 1]."""
    count = len(scene.x)
    lightness = evenly(rng, style.lightness, count)
    canvas = _wall(rng, lightness, style)
    _add_bars(rng, canvas, style)
    _add_plate(rng, canvas, scene, style)
    ink = lightness + _up_or_down(
        rng, lightness, mostly_low(rng, style.contrast, count)
    )
    color = colors(rng, ink, style)
    distance = scene.distance + scene.height * column(evenly(rng, style.weight, count))
    _add_shadow(rng, canvas, distance, style)
    _add_outline(rng, canvas, distance, scene.height, style)
    blend(canvas, coverage(distance), color)
    return canvas


def colors(rng: np.random.Generator, lightness: np.ndarray, style: Style) -> np.ndarray:
    """Draws colors [n, 3] of any hue with the given means over the channels, [n]."""
    count = len(lightness)
    strength = mostly_low(rng, style.saturation, count)[:, None]
    hue = 2 * np.pi * rng.random((count, 1))
    return np.clip(lightness[:, None] + strength * np.cos(hue - _THIRDS), 0, 1)


def ramp(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draws ramps that rise by 1 in any direction, 0 at the center, [n, 32, 32]."""
    angle = 2 * np.pi * rng.random(count)
    across = PIXELS * column(np.cos(angle))
    return across + PIXELS[:, None] * column(np.sin(angle))


def coverage(distance: np.ndarray) -> np.ndarray:
    """Returns the fraction of a pixel inside an outline at a distance in pixels."""
    return np.clip(distance + 0.5, 0, 1)


def blend(canvas: np.ndarray, cover: np.ndarray, color: np.ndarray) -> None:
    """Blends colors [n, 3] into the canvas with opacity `cover`, [n, 32, 32]."""
    color = color.astype(np.float32)[:, :, None, None]
    canvas += cover[:, None] * (color - canvas)


def _up_or_down(
    rng: np.random.Generator, lightness: np.ndarray, contrast: np.ndarray
) -> np.ndarray:
    """Returns the contrast with a sign, random if both signs stay in [0, 1]."""
    up = rng.random(len(lightness)) < 0.5
    up |= lightness - contrast < 0
    up &= (lightness + contrast <= 1) | (lightness <= 0.5)
    return np.where(up, contrast, -contrast)


def _wall(rng: np.random.Generator, lightness: np.ndarray, style: Style) -> np.ndarray:
    count = len(lightness)
    canvas = np.empty((count, 3, SIZE, SIZE), np.float32)
    canvas[:] = colors(rng, lightness, style)[:, :, None, None]
    rise = column(evenly(rng, style.gradient, count)) * ramp(rng, count)
    blotches = rng.standard_normal((count, _BLOTCHES, _BLOTCHES), np.float32)
    blotches *= column(mostly_low(rng, style.texture, count))
    canvas += (rise + _SMOOTH @ blotches @ _SMOOTH.T)[:, None]
    return canvas


def _add_bars(rng: np.random.Generator, canvas: np.ndarray, style: Style) -> None:
    """Adds one bar, and in half of those images a second one."""
    count = len(canvas)
    first = rng.random(count) < style.bars
    for there in (first, first & (rng.random(count) < 0.5)):
        away = ramp(rng, count) - column(rng.uniform(-0.7, 0.7, count))
        half = column(rng.uniform(0.01, 0.15, count))
        cover = coverage((half - np.abs(away)) * SIZE) * column(there)
        blend(canvas, cover, colors(rng, rng.random(count), style))


def _add_plate(
    rng: np.random.Generator, canvas: np.ndarray, scene: Scene, style: Style
) -> None:
    """Paints outside a plate in another color, and frames some of the plates."""
    count = len(canvas)
    there = rng.random(count) < style.plate
    framed = there & (rng.random(count) < 0.3)
    top, bottom, left, right = map(column, rng.uniform(0.05, 0.6, (4, count)))
    inside = np.minimum(scene.y + (0.5 + top), (0.5 + bottom) - scene.y)
    np.minimum(inside, scene.x - (scene.left - left), out=inside)
    np.minimum(inside, (scene.right + right) - scene.x, out=inside)
    inside *= scene.height
    beyond = colors(rng, rng.random(count), style)
    blend(canvas, coverage(-inside) * column(there), beyond)
    half = column(rng.uniform(0.5, 2.0, count))
    frame = coverage(half - np.abs(inside - 2 * half)) * column(framed)
    blend(canvas, frame, colors(rng, rng.random(count), style))


def _add_shadow(
    rng: np.random.Generator, canvas: np.ndarray, distance: np.ndarray, style: Style
) -> None:
    """Adds shadows of the digits, shifted by up to 3 pixels and softer."""
    count = len(canvas)
    down, aside = rng.integers(-3, 4, (2, count, 1))
    low, high = np.array([[1], [0.2]]), np.array([[3], [0.8]])
    soft, strength = rng.uniform(low, high, (2, count))
    there = np.flatnonzero(rng.random(count) < style.shadow)
    rows = np.clip(np.arange(SIZE) - down[there], 0, SIZE - 1)
    columns = np.clip(np.arange(SIZE) - aside[there], 0, SIZE - 1)
    moved = distance[there[:, None, None], rows[:, :, None], columns[:, None, :]]
    cover = coverage(moved / column(soft[there])) * column(strength[there])
    canvas[there] *= 1 - cover[:, None]


def _add_outline(
    rng: np.random.Generator,
    canvas: np.ndarray,
    distance: np.ndarray,
    height: np.ndarray,
    style: Style,
) -> None:
    """Paints the digits bolder in another color, beneath the digits themselves."""
    count = len(canvas)
    there = rng.random(count) < style.outline
    bolder = distance + height * column(rng.uniform(0.02, 0.1, count))
    color = colors(rng, rng.random(count), style)
    blend(canvas, coverage(bolder) * column(there), color)


def _cubic(points: int) -> np.ndarray:
    """Returns Catmull-Rom cubic interpolation from points to pixels, [32, points]."""
    places = np.linspace(0, points - 1, SIZE)[:, None]
    t = np.abs(places - np.arange(points))
    near = 1 - 2.5 * t**2 + 1.5 * t**3
    far = 2 - 4 * t + 2.5 * t**2 - 0.5 * t**3
    return np.where(t < 1, near, np.where(t < 2, far, 0)).astype(np.float32)


_SMOOTH = _cubic(_BLOTCHES)
