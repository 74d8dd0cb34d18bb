"""`python -m ganzoo film WHAT`."""

from pathlib import Path

import numpy as np
import tyro

from ganzoo import plots, zoo
from ganzoo.cli.options import NO_OPTIONS, FileOptions
from ganzoo.zoo import locating
from ganzoo.zoo import truncation as truncating

_SECONDS_PER_POINT = 2.0


def film(
    what: tyro.conf.Positional[str],
    seconds: float = 8.0,
    fps: float = 25.0,
    rows: int = 3,
    columns: int = 4,
    points: int | None = None,
    seed: int = 0,
    classes: tuple[str, ...] = (),
    truncation: float | None = None,
    training: bool = False,
    caption: bool = True,
    scale: int | None = None,
    output: str = "film.gif",
    file: FileOptions = NO_OPTIONS,
) -> None:
    """Film a walk through the latent space that ends where it began, or a training.

    Args:
        what: A generator of the zoo, a .keras file, or a run folder.
        seconds: Length of the film, which plays in a loop.
        fps: Frames per second.
        rows: Number of rows of images, each with its own walk.
        columns: Number of columns.
        points: Number of random points that each walk passes; by default one in two
            seconds, at least 3.
        seed: Seed of the points.
        classes: Classes of the images, by name or number; by default all in turn.
        truncation: Largest noise value of the points, as in `sample`.
        training: Film the training of a run folder instead: its grids of samples, from
            the first epoch to the last.
        caption: Write the epoch below the grids of a training.
        scale: Size of a pixel; by default so that the film has about 500 pixels a side.
        output: File to write: .gif (256 colors), .webp (exact colors), or .mp4
            (smallest), which needs the extra `film`.
        file: Options of a .keras file.
    """
    if not (0 < seconds <= 3600):
        raise ValueError(f"seconds={seconds} must be above 0, and at most 3,600.")
    truncating.check(truncation)
    frames = round(seconds * fps)
    plots.check_film(output, frames, fps)
    if training:
        shown = _training(what, frames, caption)
    else:
        locating.locate(what, **file.given())
        plots.check_grid(
            rows * columns, locating.image_shape(what) or (1, 1), columns, scale or 1
        )
        sampler = zoo.open_generator(what, **file.given())
        if truncation is not None:
            sampler = sampler.truncated(truncation)
        if classes:
            sampler = sampler.of_classes(classes)
        if points is None:
            points = min(frames, max(3, round(seconds / _SECONDS_PER_POINT)))
        shown = zoo.walks.walk(
            sampler,
            frames=frames,
            points=points,
            rows=rows,
            columns=columns,
            seed=seed,
        )
    size = shown[0].shape[:2]
    scale = plots.fitting_scale(*size) if scale is None else scale
    plots.write_film(output, shown, fps=fps, scale=scale)
    walks = "1 walk" if rows * columns == 1 else f"{rows * columns} walks"
    told = "the training of" if training else f"{walks}, seed {seed}, of"
    print(
        f"{told} {what}: {output} ({len(shown)} frames of "
        f"{size[1] * scale}x{size[0] * scale}, {Path(output).stat().st_size:,} bytes)"
    )


def _training(what: str, frames: int, caption: bool) -> list[np.ndarray]:
    run = Path(what).expanduser()
    if not run.is_dir():
        raise ValueError(f"--training takes a run folder; {what!r} is none.")
    return zoo.timelapse.training(run, frames=frames, caption=caption)
