"""`python -m ganzoo interpolate WHAT`."""

from typing import Literal

import tyro

from ganzoo import plots, zoo
from ganzoo.cli.options import NO_OPTIONS, FileOptions
from ganzoo.zoo import locating


def interpolate(
    what: tyro.conf.Positional[str],
    rows: int = 8,
    steps: int = 8,
    path: Literal["linear", "spherical"] = "spherical",
    seed: int = 0,
    classes: tuple[str, ...] = (),
    scale: int = 2,
    output: str = "interpolation.png",
    file: FileOptions = NO_OPTIONS,
) -> None:
    """Generate images along paths between points of the latent space, one per row.

    Codes, classes and boxes stay the same along a row.

    Args:
        what: A generator of the zoo, a .keras file, or a run folder.
        rows: Number of paths.
        steps: Number of images per path, including both ends.
        path: Linear, or spherical (slerp, preserves the norm).
        seed: Seed of the ends.
        classes: Classes of the rows, by name or number; by default all in turn.
        scale: Size of a pixel.
        output: PNG file to write.
        file: Options of a .keras file.
    """
    locating.locate(what, **file.given())
    shape = locating.image_shape(what) or (1, 1)
    zoo.interpolation.check_steps(steps)
    plots.check_path(output)
    plots.check_grid(rows * steps, shape, steps, scale)
    sampler = zoo.open_generator(what, **file.given())
    if classes:
        sampler = sampler.of_classes(classes)
    first, last = (sampler.inputs(rows, seed + number) for number in range(2))
    way = getattr(zoo.interpolation, path)
    images = sampler.between(first, last, steps, way)
    plots.save_image(output, plots.tile(images, columns=steps), scale=scale)
    print(f"{rows} {path} paths of {what}, seed {seed}: {output}")
