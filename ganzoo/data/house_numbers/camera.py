"""Photographs of painted house numbers: light, blur, noise, compression."""

import numpy as np

from ganzoo.data.house_numbers.chance import column, mostly_low
from ganzoo.data.house_numbers.paint import ramp
from ganzoo.data.house_numbers.scene import SIZE
from ganzoo.data.house_numbers.style import Style

_OFFSETS = np.arange(SIZE, dtype=np.float32)
_OFFSETS = _OFFSETS[:, None] - _OFFSETS
# Luma and the two chroma channels from red, green and blue (JFIF).
_LUMA = np.array(
    [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]],
    np.float32,
)
_RGB = np.linalg.inv(_LUMA)


def photograph(
    rng: np.random.Generator, canvas: np.ndarray, style: Style
) -> np.ndarray:
    """Takes uint8 pictures [n, 32, 32, 3] of painted scenes, float32 [n, 3, 32, 32].

    The scenes are overwritten.
    """
    count = len(canvas)
    shape = canvas.shape
    _shade(rng, canvas, style)
    grain = column(mostly_low(rng, style.grain, count))[:, None]
    canvas += grain * rng.standard_normal(shape, np.float32)
    canvas = _compressed(rng, canvas, style)
    canvas = _blurred(rng, canvas, style)
    noise = column(mostly_low(rng, style.noise, count))[:, None]
    canvas += noise * rng.standard_normal(shape, np.float32)
    canvas *= 255
    canvas += 0.5
    pixels = np.clip(canvas, 0, 255, out=canvas).astype(np.uint8)
    return pixels.transpose(0, 2, 3, 1)


def _shade(rng: np.random.Generator, canvas: np.ndarray, style: Style) -> None:
    """Darkens one side of a straight edge, hard or soft."""
    count = len(canvas)
    shown = rng.random(count) < style.shade
    strength = column(rng.uniform(0.15, 0.6, count) * shown)
    edge = ramp(rng, count) - column(rng.uniform(-0.5, 0.5, count))
    hard = column(np.exp(rng.uniform(np.log(2), np.log(32), count)))
    canvas *= (1 - strength * np.clip(edge * hard + 0.5, 0, 1))[:, None]


def _blurred(rng: np.random.Generator, canvas: np.ndarray, style: Style) -> np.ndarray:
    """Blurs, sharpens and shifts the colors, by one matrix per axis and channel."""
    count = len(canvas)
    both = mostly_low(rng, style.blur, count) ** 2
    motion = mostly_low(rng, style.motion, count) ** 2
    along = rng.random(count) < 0.5
    halo = mostly_low(rng, style.sharpening, count)
    fringe = mostly_low(rng, style.fringe, count) / 2
    angle = 2 * np.pi * rng.random(count)
    down = _kernel(both + motion * along, fringe * np.sin(angle), halo)
    across = _kernel(both + motion * ~along, fringe * np.cos(angle), halo)
    return down @ canvas @ across.swapaxes(-1, -2)


def _kernel(variance: np.ndarray, shift: np.ndarray, halo: np.ndarray) -> np.ndarray:
    """Returns blur along an axis as matrices [n, 3, 32, 32], whose rows sum to 1."""
    shifts = shift[:, None, None, None] * np.array([-1, 0, 1])[:, None, None]
    squares = (_OFFSETS - shifts.astype(np.float32)) ** 2

    def normal(variance: np.ndarray) -> np.ndarray:
        scale = -0.5 / np.maximum(variance, 0.04)
        weights = np.exp(squares * column(scale)[:, None])
        return weights / weights.sum(-1, keepdims=True)

    amount = column(halo)[:, None]
    return (1 + amount) * normal(variance) - amount * normal(4 * variance + 2)


def _cosines() -> np.ndarray:
    """Returns the orthonormal cosine transform of each block of 8, [32, 32]."""
    k = np.arange(8)
    block = np.cos(np.pi * (2 * k + 1) * k[:, None] / 16) / 2
    block[0] /= np.sqrt(2)
    return np.kron(np.eye(SIZE // 8), block).astype(np.float32)


_COSINES = _cosines()
# Higher frequencies are rounded to coarser steps, and colors to even coarser ones.
_COARSER = 1 + 0.9 * np.tile(np.add.outer(np.arange(8), np.arange(8)), (4, 4))
_STEPS = (np.array([1, 1.8, 1.8])[:, None, None] * _COARSER).astype(np.float32)


def _compressed(
    rng: np.random.Generator, canvas: np.ndarray, style: Style
) -> np.ndarray:
    """Rounds the cosine transform of brightness and color, as JPEG does."""
    step = column(mostly_low(rng, style.compression, len(canvas)))[:, None]
    steps = np.maximum(step * _STEPS, 1e-4)
    flat = canvas.reshape(len(canvas), 3, -1)
    luma = (_LUMA @ flat).reshape(canvas.shape)
    waves = _COSINES @ luma @ _COSINES.T
    waves = np.rint(waves / steps) * steps
    luma = (_COSINES.T @ waves @ _COSINES).reshape(flat.shape)
    return (_RGB @ luma).reshape(canvas.shape)
