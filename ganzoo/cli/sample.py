"""`python -m ganzoo sample WHAT`."""

from pathlib import Path

import tyro

from ganzoo import files, plots, zoo
from ganzoo.cli.options import NO_OPTIONS, FileOptions
from ganzoo.zoo import catalog, locating
from ganzoo.zoo import truncation as truncating

_GRID, _NPZ, _FOLDER = ".png", ".npz", ""


def sample(
    what: tyro.conf.Positional[str],
    count: int | None = None,
    seed: int = 0,
    classes: tuple[str, ...] = (),
    truncation: float | None = None,
    columns: int | None = None,
    scale: int | None = None,
    output: str = "samples.png",
    file: FileOptions = NO_OPTIONS,
) -> None:
    """Generate images and write them as one grid, as single files, or as an .npz.

    Args:
        what: A generator of the zoo, a .keras file, or a run folder, also of a training
            that was stopped.
        count: Number of images; by default 64, or 8 of each class.
        seed: Seed of the noise; the same seed gives the same images.
        classes: Classes to generate, by name or number; by default all. In a grid each
            begins a row.
        truncation: Largest noise value, such as 1 or 0.7: fewer unusual images, less
            variety (Brock et al. 2018).
        columns: Number of images per row of a grid.
        scale: Size of a pixel; by default 2 in a grid, 1 in single files.
        output: grid.png for one grid, drawn/ for a folder of single PNG files (in
            sub-folders by class), or drawn.npz.
        file: Options of a .keras file.
    """
    kind = _kind(output)
    truncating.check(truncation)
    locating.locate(what, **file.given())
    _check(kind, output, count, columns, scale, locating.image_shape(what))

    from ganzoo.zoo import writing

    sampler = zoo.open_generator(what, **file.given())
    if truncation is not None:
        sampler = sampler.truncated(truncation)
    if classes:
        sampler = sampler.of_classes(classes)
    count = writing.default_count(sampler) if count is None else count
    if kind == _GRID:
        picture = writing.grid(sampler, count, seed, columns)
        plots.save_image(output, picture, scale=2 if scale is None else scale)
    elif kind == _NPZ:
        writing.write_npz(output, sampler, count, seed)
    else:
        writing.write_folder(
            output, sampler, count, seed, 1 if scale is None else scale
        )
    print(f"{count:,} images of {what}, seed {seed}: {output}")


def _kind(output: str) -> str:
    """Returns how images are written, by the name of the output."""
    suffix = Path(output).suffix.lower()
    if output.endswith("/") or Path(output).is_dir() or not suffix:
        return _FOLDER
    if suffix not in (_GRID, _NPZ):
        raise ValueError(
            f"output={output} must end in .png (one grid), in .npz, or in / (a folder "
            "of single files)."
        )
    return suffix


def _check(
    kind: str,
    output: str,
    count: int | None,
    columns: int | None,
    scale: int | None,
    shape: tuple[int, ...] | None,
) -> None:
    """Refuses what can be refused before TensorFlow starts."""
    if kind == _GRID:
        plots.check_grid(
            64 if count is None else count,
            shape or (1, 1),
            columns,
            2 if scale is None else scale,
        )
        return
    if count is not None and not 1 <= count <= catalog.MOST:
        raise ValueError(f"count={count} must be a number from 1 to {catalog.MOST:,}.")
    if columns is not None:
        raise ValueError(f"columns={columns} is for a grid: give --output grid.png.")
    if kind == _NPZ and scale is not None:
        raise ValueError(f"scale={scale} is for pictures; leave it out for an .npz.")
    if kind == _FOLDER:
        height, width = (shape or (1, 1))[:2]
        plots.check_scale(height, width, 1 if scale is None else scale)
        files.check_new_folder(output)
