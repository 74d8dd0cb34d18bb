"""`python -m ganzoo sample NAME`."""

import tyro

from ganzoo import plots, zoo


def sample(
    name: tyro.conf.Positional[str],
    count: int = 64,
    seed: int = 0,
    columns: int | None = None,
    scale: int = 2,
    output: str = "samples.png",
) -> None:
    """Generate images and write them as one grid.

    Args:
        name: A generator of the zoo.
        count: Number of images.
        seed: Seed of the noise; the same seed gives the same images.
        columns: Number of images per row; by default the grid is about square.
        scale: Size of a pixel.
        output: PNG file to write.
    """
    shape = zoo.image_shape(name)
    plots.check_path(output)
    plots.check_grid(count, shape, columns, scale)
    images = zoo.sampler(name).sample(count, seed)
    plots.save_image(output, plots.tile(images, columns=columns), scale=scale)
    print(f"{count} images of {name}, seed {seed}: {output}")
