"""The zoo on the command line: `python -m ganzoo list | show | sample | draw`."""

import json
import sys

import tyro

from ganzoo import plots, zoo
from ganzoo.layouts import read_box


def list_() -> None:
    """List the trained generators."""
    for name in zoo.names():
        print(f"{name}: {zoo.card(name)['title']}")


def show(name: tyro.conf.Positional[str]) -> None:
    """Print a generator's card, and where its grid of samples lies.

    Args:
        name: A generator of the zoo.
    """
    print(json.dumps(zoo.card(name), indent=2))
    print(f"samples: {zoo.grid(name)}")


def sample(
    name: tyro.conf.Positional[str],
    count: int = 64,
    seed: int = 0,
    columns: int | None = None,
    scale: int = 2,
    output: str = "samples.png",
) -> None:
    """Draw images and write them as one grid.

    Args:
        name: A generator of the zoo.
        count: Number of images.
        seed: Seed of the noise; the same seed gives the same images.
        columns: Images in a row; by default the grid is about square.
        scale: Size of a pixel.
        output: PNG file to write.
    """
    images = zoo.sample(
        zoo.load(name),
        count,
        codes=zoo.codes(name),
        layout=zoo.layout(name),
        seed=seed,
        middle=zoo.middle(name),
    )
    plots.save_image(output, plots.tile(images, columns=columns), scale=scale)
    print(f"{count} images of {name}, seed {seed}: {output}")


def draw(
    name: tyro.conf.Positional[str],
    box: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    count: int = 1,
    seed: int = 0,
    scale: int = 4,
    output: str = "drawn.png",
) -> None:
    """Draw objects of chosen labels in chosen boxes, the later over the earlier.

    Args:
        name: A generator of objects in boxes.
        box: LABEL:y0,x0,y1,x1 in shares of the image's height and width, from the upper
            left, such as 7:0.1,0.1,0.4,0.4; give --box once for each object.
        count: Number of images, from different noise.
        seed: Seed of the noise; the same seed gives the same images.
        scale: Size of a pixel.
        output: PNG file to write.
    """
    if not box:
        raise ValueError('Nothing is to be drawn; give --box "7:0.1,0.1,0.4,0.4".')
    labels, boxes = zip(*map(read_box, box), strict=True)
    images = zoo.draw(name, labels, boxes, count, seed=seed)
    grid = images[0] if count == 1 else plots.tile(images)
    plots.save_image(output, grid, scale=scale)
    print(f"{', '.join(map(str, labels))} by {name}, seed {seed}: {output}")


def main() -> None:
    """Runs one of the commands; errors are one line."""
    commands = {"list": list_, "show": show, "sample": sample, "draw": draw}
    try:
        tyro.extras.subcommand_cli_from_dict(
            commands, prog="ganzoo", description=__doc__
        )
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
