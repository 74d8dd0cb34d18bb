"""Figure 20: nearest training images of generated images, and memorization."""

import functools
import time

import numpy as np

from experiments.cifar10_gan.config import ZERO_LEVEL
from experiments.harness.report import RunReport
from experiments.harness.results import cached
from ganzoo import data, metrics, plots

PAIRS = 20  # as in the source
SEED = 20  # seed of the noise
STRUCTURE, PIXELS, FEATURES = "structural similarity", "pixels", "features"
CAPTIONS = {
    STRUCTURE: "highest structural similarity",
    PIXELS: "smallest distance of the pixels",
    FEATURES: "smallest distance of the classifier's features",
}
FORMS = {STRUCTURE: "{:.3f}", PIXELS: "{:.0f}", FEATURES: "{:.2f}"}


def nearest_images(report: RunReport) -> None:
    """Adds pairs of generated and training images, and statistics of distances."""
    train = report.data.train
    images = generated(report)
    evaluator = report.data.evaluator
    sha256 = None if evaluator is None else evaluator.extractor.sha256
    found = cached(
        report.folder / "nearest.json",
        {"step": int(report.model.step), "sha256": sha256},
        lambda: search(images, report),
    )
    report.heading("Figure 20: nearest training images")
    report.table([_row(kind, result) for kind, result in found["nearest"].items()])
    report.text(
        f"{report.config.neighbours} generated images (noise seed {SEED}) against all "
        f"{len(train):,} of {train.name}; the search by structural similarity took "
        f"{found['seconds']:.0f} s. In each pair, the generated image is on the left "
        "and the training image on the right; the pairs are sorted by distance."
    )
    for kind, result in found["nearest"].items():
        order = np.argsort(result["distances"], kind="stable")[:PAIRS]
        right = train.images[np.array(result["indices"])[order]]
        caption = f"The {len(order)} pairs with the {CAPTIONS[kind]}"
        pairs = plots.pairs(images[order], right)
        report.image(f"nearest_by_{kind.replace(' ', '_')}", caption, pairs, scale=3)
    for kind, result in found["memorisation"].items():
        path = report.figure(
            f"memorisation_by_{kind}", f"Distances to the training images, by {kind}"
        )
        plots.curves(
            path,
            result["percent"],
            result["curves"],
            title=f"Distance to the nearest training image, by {kind}",
            xlabel="percentage of images at this distance or closer",
            ylabel="distance",
        )
        report.text(result["verdict"])


def generated(report: RunReport) -> np.ndarray:
    """Generates images for the search, and more for the memorization test."""
    config, held_out = report.config, report.data.held_out
    count = max(config.neighbours, len(held_out) if held_out else 0)
    images = report.model.generate(
        count, seed=SEED, average=config.average, batch_size=500
    )
    return data.to_uint8(images, ZERO_LEVEL)


def search(images: np.ndarray, report: RunReport) -> dict:
    """Searches the nearest training images.

    Returns:
        `nearest`: by each kind of distance what `metrics.Neighbors.to_dict` returns;
        `memorisation`: by kind what `metrics.Memorization.to_dict` returns, and its
        distributions; `seconds` of the search by structural similarity.
    """
    loaded = report.data
    kinds = {PIXELS: metrics.nearest_by_pixels}
    if loaded.evaluator is not None:
        kinds[FEATURES] = functools.partial(
            metrics.nearest_by_features, extractor=loaded.evaluator.extractor
        )
    few = images[: report.config.neighbours]
    start = time.perf_counter()
    by_structure = metrics.nearest_by_structural_similarity(few, loaded.train)
    seconds = time.perf_counter() - start
    nearest, memorized = {STRUCTURE: by_structure.to_dict()}, {}
    for kind, find in kinds.items():
        if loaded.held_out is None:
            nearest[kind] = find(few, loaded.train).to_dict()
            continue
        compared = metrics.memorization(images, loaded.held_out, loaded.train, find)
        nearest[kind] = compared.generated[: len(few)].to_dict()
        percent, curves = compared.quantiles()
        memorized[kind] = compared.to_dict() | {
            "percent": percent.tolist(),
            "curves": {name: curve.tolist() for name, curve in curves.items()},
        }
    return {"seconds": seconds, "memorisation": memorized, "nearest": nearest}


def _row(kind: str, result: dict) -> dict[str, str]:
    """Returns a row of the table, with similarities instead of distances if usual."""
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
