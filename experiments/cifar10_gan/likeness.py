"""Figure 20: the nearest training images of generated ones, and memorisation."""

import functools
import time

import numpy as np

from experiments.cifar10_gan.images import Images
from experiments.cifar10_gan.judge import Judge
from experiments.cifar10_gan.settings import MIDDLE, Config
from ganzoo import data, metrics, plots, runs
from ganzoo.files import kept_json, read_json, write_json
from ganzoo.reports import Report

PAIRS = 20  # the source shows so many
SEED = 20  # of the noise of the images that are looked up
STRUCTURE, PIXELS, FEATURES = "structural similarity", "pixels", "features"
CAPTIONS = {
    STRUCTURE: "highest structural similarity",
    PIXELS: "smallest distance of the pixels",
    FEATURES: "smallest distance of the classifier's features",
}
FORMS = {STRUCTURE: "{:.3f}", PIXELS: "{:.0f}", FEATURES: "{:.2f}"}


def section(
    report: Report,
    folder: runs.Run,
    config: Config,
    game,
    sets: Images,
    judge: Judge | None,
) -> None:
    """Adds pairs of generated images and training images, and what they tell.

    Args:
        report: The report.
        folder: The run.
        config: Its settings.
        game: Trained.
        sets: The images.
        judge: Looks at features; None leaves them out.
    """
    images = generated(config, game, sets)
    found = nearest(folder, config, int(game.step), images, sets, judge)
    report.heading("Figure 20: nearest training images")
    report.table([_row(kind, result) for kind, result in found["nearest"].items()])
    seconds = found["seconds"]
    report.text(
        f"{config.neighbours} generated images (noise seed {SEED}) against all "
        f"{len(sets.train):,} of {sets.train.name}; the search by structural "
        f"similarity took {seconds:.0f} s. Left of a pair the generated image, right "
        "the training image; the nearest pair first, row by row."
    )
    for kind, result in found["nearest"].items():
        order = np.argsort(result["distances"], kind="stable")[:PAIRS]
        right = sets.train.images[np.array(result["indices"])[order]]
        name = f"nearest_by_{kind.replace(' ', '_')}"
        path = report.figure(name, f"The {len(order)} pairs of the {CAPTIONS[kind]}")
        plots.save_image(path, plots.pairs(images[order], right), scale=3)
    _memorisation(report, found["memorisation"])


def generated(config: Config, game, sets: Images) -> np.ndarray:
    """Draws the images that are looked up, and more to tell memorisation by."""
    count = max(config.neighbours, len(sets.held_out) if sets.held_out else 0)
    average = config.ema_half_life is not None
    images = game.generate(count, seed=SEED, average=average, batch_size=500)
    return data.to_uint8(images, MIDDLE)


def nearest(
    folder: runs.Run,
    config: Config,
    step: int,
    images: np.ndarray,
    sets: Images,
    judge: Judge | None,
) -> dict:
    """Looks up the nearest training images, once for a step.

    Returns:
        `nearest`: by each kind of distance what `metrics.Neighbours.to_dict` returns;
        `memorisation`: by kind what `metrics.Memorisation.to_dict` returns, and its
        distributions; `seconds` of the search by structural similarity.
    """
    path = folder.path / "nearest.json"
    kinds = {PIXELS: metrics.nearest_by_pixels}
    sha256 = None
    if judge is not None:
        sha256 = judge.extractor.sha256
        kinds[FEATURES] = functools.partial(
            metrics.nearest_by_features, extractor=judge.extractor
        )
    asked = {"step": step, "sha256": sha256}
    found = kept_json(path)
    if found and all(found[key] == value for key, value in asked.items()):
        return found

    few = images[: config.neighbours]
    start = time.perf_counter()
    by_structure = metrics.nearest_by_structural_similarity(few, sets.train)
    seconds = time.perf_counter() - start
    result = asked | {"seconds": seconds, "memorisation": {}}
    result["nearest"] = {STRUCTURE: by_structure.to_dict()}
    for kind, search in kinds.items():
        if sets.held_out is None:
            result["nearest"][kind] = search(few, sets.train).to_dict()
            continue
        compared = metrics.memorisation(images, sets.held_out, sets.train, search)
        result["nearest"][kind] = compared.generated[: config.neighbours].to_dict()
        percent, curves = compared.quantiles()
        drawn = {name: curve.tolist() for name, curve in curves.items()}
        result["memorisation"][kind] = compared.to_dict() | {
            "percent": percent.tolist(),
            "curves": drawn,
        }
    write_json(path, result, sealed=True)
    return read_json(path)


def _row(kind: str, result: dict) -> dict[str, str]:
    """Returns a row of the table: similarities, where it is them that are spoken of."""
    distances = np.sort(result["distances"])
    values = 1 - distances if kind == STRUCTURE else distances
    form = FORMS[kind]
    last = min(PAIRS, len(values)) - 1
    return {
        "nearest by": kind if kind == STRUCTURE else f"distance of the {kind}",
        "nearest pair": form.format(values[0]),
        f"pair {last + 1}": form.format(values[last]),
        "median of all": form.format(np.median(values)),
        "copies": str(int(np.count_nonzero(distances == 0))),
    }


def _memorisation(report: Report, found: dict) -> None:
    for kind, result in found.items():
        path = report.figure(
            f"memorisation_by_{kind}", f"Distances to the training images, by {kind}"
        )
        plots.curves(
            path,
            result["percent"],
            result["curves"],
            title=f"Distance to the nearest training image, by {kind}",
            xlabel="per cent of the images that are as near or nearer",
            ylabel="distance",
        )
        report.text(result["verdict"])
