"""The zoo on the command line: `python -m ganzoo COMMAND`.

    python -m ganzoo list
    python -m ganzoo sample mnist_dcgan --count 64
    python -m ganzoo evaluate my_images --against cifar10

Training is the experiments': `python -m experiments.mnist_gan --help`.
"""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import tyro

from ganzoo import commands, interpolation, plots, zoo
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
    plots.check_path(output)
    sampler = zoo.sampler(name)
    plots.check_grid(count, sampler.image_shape, columns, scale)
    images = sampler.sample(count, seed)
    plots.save_image(output, plots.tile(images, columns=columns), scale=scale)
    print(f"{count} images of {name}, seed {seed}: {output}")


def interpolate(
    name: tyro.conf.Positional[str],
    rows: int = 8,
    steps: int = 8,
    path: Literal["linear", "spherical"] = "spherical",
    seed: int = 0,
    scale: int = 2,
    output: str = "interpolation.png",
) -> None:
    """Draw images along paths between points of the latent space, a path a row.

    What else a generator is fed, codes, classes or boxes, stays the same along a row.

    Args:
        name: A generator of the zoo.
        rows: Paths.
        steps: Images of a path, both ends counted.
        path: Straight lines, or arcs, which keep the noise as long as noise is.
        seed: Seed of the ends.
        scale: Size of a pixel.
        output: PNG file to write.
    """
    plots.check_path(output)
    sampler = zoo.sampler(name)
    plots.check_grid(rows * steps, sampler.image_shape, steps, scale)
    ends = (sampler.inputs(rows, seed + number) for number in range(2))
    images = sampler.between(*ends, steps, getattr(interpolation, path))
    plots.save_image(output, plots.tile(images, columns=steps), scale=scale)
    print(f"{rows} {path} paths of {name}, seed {seed}: {output}")


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
    plots.check_path(output)
    shape = zoo.sampler(name).image_shape
    plots.check_grid(count, shape, scale=scale)
    images = zoo.draw(name, labels, boxes, count, seed=seed)
    grid = images[0] if count == 1 else plots.tile(images)
    plots.save_image(output, grid, scale=scale)
    print(f"{', '.join(map(str, labels))} by {name}, seed {seed}: {output}")


def evaluate(
    what: tyro.conf.Positional[str],
    against: str,
    data_dir: str | None = None,
    count: int | None = None,
    seed: int = 0,
    extractor: str | None = None,
    classes: int | None = None,
    black: float | None = None,
    white: float | None = None,
    output: str | None = None,
) -> None:
    """Measure a generator, or a folder of images of any origin, against a data set.

    Measured are the Fréchet and the kernel distance, precision, recall, density and
    coverage, the formula of the Inception score, and near-duplicates; each beside what
    real test images reach, and with a card that says what the number is of.

    Args:
        what: A generator of the zoo, a .keras file, the run folder of a GAN, a folder
            of images, or an .npz.
        against: A TFDS name, "digits" (embedded), a folder of class sub-folders, or an
            .npz; its training images are compared with.
        data_dir: Where prepared TFDS sets, or a set's original files, are.
        count: Images; by default as many as there are test images, 10,000 at most, and
            all of a folder.
        seed: Seed of the noise.
        extractor: Path of a weights file of Keras's Inception-v3; by default a shipped
            classifier looks at the images: of 28x28 in grey, or 32x32 in colour.
        classes: Number of classes of a .keras file that takes noise and labels.
        black: What the generator of a .keras file draws for black; by default -1.
        white: What it draws for white; by default 1.
        output: JSON file to write.
    """
    from ganzoo import evaluate as evaluation
    from ganzoo import files
    from ganzoo.evaluate import table

    if output is not None and Path(output).is_dir():
        raise ValueError(f"output={output} is a folder; give the JSON file to write.")
    found = evaluation.evaluate(
        what,
        against,
        data_dir=data_dir,
        count=count,
        seed=seed,
        extractor=extractor,
        classes=classes,
        black=black,
        white=white,
    )
    # Written first: what cannot be printed, into a closed pipe say, is not lost.
    if output is not None:
        files.write_json(output, found.to_dict())
    print(table.text(found))
    if output is not None:
        print(f"written: {output}")


def explore(
    generators: tyro.conf.Positional[tuple[str, ...]] = (),
    port: int = 7860,
    browser: bool = True,
) -> None:
    """Open a local page with sliders for all that a generator is fed.

    Needs the extra `explore`. Ctrl-C ends it.

    Args:
        generators: .keras files to be offered beside the zoo's generators.
        port: Of this machine; the page is for this machine alone.
        browser: Open it in the browser.
    """
    from ganzoo import explorer

    explorer.open_page(generators, port=port, browser=browser)


COMMANDS = {
    "list": list_,
    "show": show,
    "sample": sample,
    "interpolate": interpolate,
    "draw": draw,
    "evaluate": evaluate,
    "explore": explore,
}


def main() -> None:
    """Runs one of the commands; errors are one line."""
    with commands.ends(ImportError, OSError, ValueError):
        chosen = commands.parsed(
            lambda: tyro.extras.subcommand_cli_from_dict(
                {name: _later(command) for name, command in COMMANDS.items()},
                prog="ganzoo",
                description=__doc__,
            ),
            COMMANDS,
        )
        chosen()


def _later(command: Callable) -> Callable:
    """Returns a function of the same words, which returns what is then to be called."""

    @functools.wraps(command)
    def chosen(*words, **settings) -> Callable:
        return functools.partial(command, *words, **settings)

    return chosen


if __name__ == "__main__":
    main()
