"""The zoo on the command line: `python -m ganzoo list | show | sample`."""

import json
import sys

import tyro

from ganzoo import plots, zoo


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
        seed=seed,
        middle=zoo.middle(name),
    )
    plots.save_image(output, plots.tile(images, columns=columns), scale=scale)
    print(f"{count} images of {name}, seed {seed}: {output}")


def main() -> None:
    """Runs one of the commands; errors are one line."""
    commands = {"list": list_, "show": show, "sample": sample}
    try:
        tyro.extras.subcommand_cli_from_dict(
            commands, prog="ganzoo", description=__doc__
        )
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
