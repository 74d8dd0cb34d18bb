"""`python -m ganzoo interpolate NAME`."""

from typing import Literal

import tyro

from ganzoo import plots, zoo


def interpolate(
    name: tyro.conf.Positional[str],
    rows: int = 8,
    steps: int = 8,
    path: Literal["linear", "spherical"] = "spherical",
    seed: int = 0,
    scale: int = 2,
    output: str = "interpolation.png",
) -> None:
    """Generate images along paths between points of the latent space, one per row.

    Codes, classes and boxes stay the same along a row.

    Args:
        name: A generator of the zoo.
        rows: Number of paths.
        steps: Number of images per path, including both ends.
        path: Linear, or spherical (slerp, preserves the norm).
        seed: Seed of the ends.
        scale: Size of a pixel.
        output: PNG file to write.
    """
    shape = zoo.image_shape(name)
    zoo.interpolation.check_steps(steps)
    plots.check_path(output)
    plots.check_grid(rows * steps, shape, steps, scale)
    sampler = zoo.sampler(name)
    first, last = (sampler.inputs(rows, seed + number) for number in range(2))
    way = getattr(zoo.interpolation, path)
    images = sampler.between(first, last, steps, way)
    plots.save_image(output, plots.tile(images, columns=steps), scale=scale)
    print(f"{rows} {path} paths of {name}, seed {seed}: {output}")
