"""The frames of films: walks through the latent space that end where they began."""

from collections.abc import Iterator

import numpy as np
from tqdm.auto import tqdm

from ganzoo import plots
from ganzoo.zoo import interpolation
from ganzoo.zoo.sampling import Sampler


def closed(points: np.ndarray, frames: int) -> np.ndarray:
    """Returns a walk on arcs from point to point, and from the last to the first.

    Frame 0 is the first point. One frame after the last would be the first point again,
    so that the walk can be repeated without a jump.

    Args:
        points: Points, float `[points, ..., d]`.
        frames: Number of steps of the walk, at least that of the points.

    Returns:
        `[frames, ..., d]`.

    Raises:
        ValueError: There are fewer than two points, or fewer frames than points.
    """
    count = len(points)
    if not 2 <= count <= frames:
        raise ValueError(
            f"points={count} must be at least 2, and at most the {frames} frames."
        )
    starts = np.arange(count + 1) * frames // count
    legs = []
    for number, steps in enumerate(np.diff(starts)):
        last = points[(number + 1) % count]
        leg = interpolation.spherical(points[number], last, int(steps) + 1)
        legs.append(np.moveaxis(leg, -2, 0)[:-1])
    return np.concatenate(legs)


def walk(
    sampler: Sampler, *, frames: int, points: int, rows: int, columns: int, seed: int
) -> list[np.ndarray]:
    """Generates the frames of closed walks, several side by side.

    Each cell of the grid has its own walk; its class, codes and boxes stay the same.

    Args:
        sampler: The generator.
        frames: Number of frames.
        points: Number of random points that a walk passes.
        rows: Number of rows of the grid.
        columns: Number of columns.
        seed: Seed of the points.

    Returns:
        Frames, uint8 `[height, width, channels]`.

    Raises:
        ValueError: The generator is a refiner, which has no noise, or a number is out
            of range.
    """
    if not sampler.noise_dim:
        raise ValueError("A refiner takes images: it has no noise to walk through.")
    cells = rows * columns
    inputs = [np.asarray(rows) for rows in sampler.inputs(points * cells, seed)]
    noise = inputs[0][..., : sampler.noise_dim]
    # Points of a cell are rows that are `cells` apart, so more cells are other walks.
    places = closed(noise.reshape(points, cells, *noise.shape[1:]), frames)
    still = [inputs[0][:cells, ..., sampler.noise_dim :]]
    still += [rows[:cells] for rows in inputs[1:]]
    return [
        plots.tile(images, columns=columns)
        for images in _drawn(sampler, places.astype(np.float32), still)
    ]


def _drawn(
    sampler: Sampler, places: np.ndarray, still: list[np.ndarray]
) -> Iterator[np.ndarray]:
    """Yields each frame's images, uint8 `[cells, h, w, c]`, with a progress bar."""
    at_once = max(1, sampler.batch_size // places.shape[1])
    with tqdm(total=len(places), unit="frame", leave=False, disable=None) as bar:
        for start in range(0, len(places), at_once):
            part = places[start : start + at_once]
            count = len(part)
            codes, *others = (np.concatenate([rows] * count) for rows in still)
            noise = part.reshape(-1, *part.shape[2:])
            images = sampler.draw([np.concatenate([noise, codes], -1), *others])
            yield from images.reshape(count, -1, *images.shape[1:])
            bar.update(count)
