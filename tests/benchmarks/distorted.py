"""Does each measure move the right way? Emoji against damaged copies of themselves.

    python -m tests.benchmarks.distorted emoji.zip --readme

The pictures are divided at random. One half is the reference; the other half is
measured against it as it is (the floor), blurred, with noise, and with categories
missing, in three degrees each, by pixels, lite0 and vgg.
"""

import dataclasses
from pathlib import Path

import numpy as np
import tyro
from matplotlib.figure import Figure
from scipy import ndimage

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments.harness.pages import fill_in
from ganzoo import data, metrics, plots
from ganzoo.evaluate.cache import FeatureCache
from ganzoo.evaluate.measuring import RealImages, measured
from ganzoo.evaluate.progress import Watched
from ganzoo.files import read_json, write_json
from ganzoo.plots.files import INK, TEXT, save_figure
from ganzoo.runs.reports import table

FOLDER = Path("reports/distorted")
COLORS = {"pixels": "#0072B2", "lite0": "#D55E00", "vgg": "#009E73"}
# Measure -> title, and the direction in which damage should move it, by damage; 0
# where it should stay: pictures without their rarer kinds are as good as before.
DISTANCE = {"blurred": 1, "noised": 1, "dropped": 1}
FIDELITY = {"blurred": -1, "noised": -1, "dropped": 0}
DIVERSITY = {"blurred": -1, "noised": -1, "dropped": -1}
MEASURES = {
    "frechet_distance": ("Fréchet distance", DISTANCE),
    "mind": ("MIND", DISTANCE),
    "kernel_distance": ("kernel distance", DISTANCE),
    "precision": ("precision", FIDELITY),
    "density": ("density", FIDELITY),
    "recall": ("recall", DIVERSITY),
    "coverage": ("coverage", DIVERSITY),
}
DEGREES = {
    "blurred": (0.5, 1.0, 2.0),  # standard deviation of the Gaussian, pixels
    "noised": (8.0, 16.0, 32.0),  # standard deviation, gray levels
    "dropped": (2, 6, 9),  # categories missing, the smallest first
}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    pictures: tyro.conf.Positional[Path]
    """Folder or ZIP file of pictures in folders by category."""
    size: int = 64
    """Pixels per side."""
    count: int = 500
    """Pictures of each set."""
    extractors: tuple[str, ...] = tuple(COLORS)
    """Extractors, of pixels, lite0 and vgg; vgg takes ten times as long as the rest."""
    only_write: bool = False
    """Draw and write what was measured before."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def damaged(half: data.ImageSet, kind: str, degree: float, count: int) -> np.ndarray:
    """Returns pictures of a set, damaged."""
    random = np.random.default_rng(1)
    if kind == "dropped":
        sizes = np.bincount(half.labels, minlength=len(half.class_names))
        kept = np.argsort(sizes)[int(degree) :]
        rows = np.flatnonzero(np.isin(half.labels, kept))
        return half.images[np.sort(random.choice(rows, count, replace=False))]
    images = half.images[:count].astype(np.float32)
    if kind == "blurred":
        images = ndimage.gaussian_filter(images, (0, degree, degree, 0))
    else:
        images = images + random.normal(0, degree, images.shape)
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)


def sets(config: Config) -> tuple[data.ImageSet, dict[str, list[np.ndarray]]]:
    """Returns the reference, and by damage the other half in all degrees, 0 first."""
    whole = data.prepare(str(config.pictures), config.size)
    order = np.random.default_rng(0).permutation(len(whole))
    first, second = (
        data.image_set(
            whole.images[rows], whole.labels[rows], whole.class_names, name=whole.name
        )
        for rows in np.array_split(order, 2)
    )
    found = {
        kind: [
            second.images[: config.count],
            *(damaged(second, kind, degree, config.count) for degree in degrees),
        ]
        for kind, degrees in DEGREES.items()
    }
    return data.some(first, config.count), found


def measure(
    names: tuple[str, ...],
    reference: data.ImageSet,
    damages: dict[str, list[np.ndarray]],
) -> dict:
    """Returns values and half-widths: extractor -> damage -> degree -> measure."""
    cache, found = FeatureCache(), {}
    for name in names:
        extractor = metrics.load_extractor(name, reference.shape)
        real = RealImages.of_images(Watched(extractor, None, cache), reference)
        found[name] = {
            kind: [of_set(images, real) for images in degrees]
            for kind, degrees in damages.items()
        }
        print(f"{name} is done", flush=True)
    return found


def of_set(images: np.ndarray, real: RealImages) -> dict[str, list[float]]:
    """Returns each measure with the half-width of its interval."""
    row = measured("", images, "", real, 0)
    return {key: [row.values[key], row.half_widths[key]] for key in MEASURES}


def moves(degrees: list[dict], measure: str, direction: int) -> str:
    """Says how a measure moves, and whether that is right.

    It moves where the strongest damage is told apart from none, by the intervals.
    """
    (start, wide), (end, width) = (degrees[place][measure] for place in (0, -1))
    apart = abs(end - start) > np.hypot(wide, width)
    sign = int(np.sign(end - start)) if apart else 0
    arrow = {1: "up", -1: "down", 0: "stays"}[sign]
    wrong = sign * direction < 0 or (sign < 0 and not direction)
    missed = " **(not told apart)**" if direction and not sign else ""
    return f"{start:.3g} to {end:.3g}, {arrow}{' **(wrong)**' if wrong else missed}"


def rows(found: dict) -> list[dict[str, str]]:
    """Returns the rows of the table: a row per damage and measure."""
    return [
        {"damage": kind, "measure": title}
        | {name: moves(found[name][kind], key, directions[kind]) for name in found}
        for kind in DEGREES
        for key, (title, directions) in MEASURES.items()
    ]


def draw(path: Path, found: dict) -> None:
    """Draws all measures by degree: a row per measure, a column per damage."""
    figure = Figure(figsize=(8.0, 1.45 * len(MEASURES)), layout="constrained")
    grid = figure.subplots(len(MEASURES), len(DEGREES), sharex="col", sharey="row")
    for axes_row, (key, (title, _)) in zip(grid, MEASURES.items(), strict=True):
        for axes, (kind, degrees) in zip(axes_row, DEGREES.items(), strict=True):
            for name in found:
                values, widths = np.array([one[key] for one in found[name][kind]]).T
                scale = values[0] if key in ("frechet_distance", "mind") else 1.0
                style = {
                    "color": COLORS[name],
                    "label": name,
                    "marker": "o",
                    "markersize": 3,
                }
                style |= {"linewidth": 1.4, "capsize": 2}
                axes.errorbar(
                    range(len(values)), values / scale, widths / scale, **style
                )
            axes.set_xticks(
                range(len(degrees) + 1), ["real", *map("{:g}".format, degrees)]
            )
            axes.tick_params(labelsize=TEXT - 1, colors=INK)
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(color="#e6e6e6", linewidth=0.8)
        if key in ("frechet_distance", "mind"):
            title += ",\nof real's"
        axes_row[0].set_ylabel(title, fontsize=TEXT, color=INK)
    units = ("blurred, σ in pixels", "noised, σ in gray levels", "categories dropped")
    for axes, label in zip(grid[-1], units, strict=True):
        axes.set_xlabel(label, fontsize=TEXT, color=INK)
    grid[0, 0].legend(fontsize=TEXT - 1, frameon=False)
    save_figure(path, figure)


def shown(damages: dict[str, list[np.ndarray]]) -> np.ndarray:
    """Returns one picture of some images: a row per damage and degree."""
    rows = [damages["blurred"][0][:4]]
    rows += [images[:4] for degrees in damages.values() for images in degrees[1:]]
    return plots.tile(np.concatenate(rows), columns=4)


def text(results: dict) -> str:
    """Returns the figure and the table, as Markdown."""
    names, count = " ".join(results["measures"]), results["count"]
    return "\n\n".join(
        [
            "`python -m tests.benchmarks.distorted emoji_noto_64.zip --count "
            f"{count} --extractors {names} --readme` "
            f"([pictures]({FOLDER}/pictures.png)):",
            f"![Each measure by degree of damage, with 95% intervals]"
            f"({FOLDER}/measures.png)",
            table(rows(results["measures"])),
            "From undamaged pictures to the strongest damage; a measure moves where "
            "the 95% intervals tell the two apart. Right is: distances up, recall and "
            "coverage down; precision and density down, but for dropped categories, "
            "where they need not.",
        ]
    )


def main(config: Config) -> None:
    """Measures, draws, and writes the table."""
    if not config.only_write:
        reference, damages = sets(config)
        plots.save_image(FOLDER / "pictures.png", shown(damages))
        found = measure(config.extractors, reference, damages)
        write_json(FOLDER / "results.json", {"count": config.count, "measures": found})
    results = read_json(FOLDER / "results.json")
    draw(FOLDER / "measures.png", results["measures"])
    said = text(results)
    if config.readme:
        fill_in("distorted", said)
    print(said)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
