"""The report of one's own images: samples, distances, and memorized pictures."""

import contextlib

import numpy as np

from experiments.harness import data as loading
from experiments.harness.report import RunReport, Sections, formatted, sections
from experiments.harness.report.metrics import METRICS
from ganzoo import data, metrics, plots
from ganzoo.files import read_json
from ganzoo.zoo import interpolation

KEPT = 2_000  # pictures whose features samples are compared with, one by one
MOST_ROWS = 20  # of the table of metrics
PER_CLASS = 8
SEED = 20  # of the noise of the images that are searched
HELD_OUT = 500  # pictures that are compared with the others, at most
_SEEN = {
    "pixels": "computed from pixels: layout, color and texture, not what is to be seen",
    "lite0": "those of EfficientNet-Lite0, trained on ImageNet",
}
SHOWN = ("frechet_distance", "raw_frechet_distance", "precision", "recall", "contrast")


def title(config, loaded) -> str:
    """Returns the report's title."""
    return f"A GAN of {loaded.train.name}"


def pictures(report: RunReport) -> None:
    """Adds what was trained on, and by which recipe."""
    train, config = report.data.train, report.config
    height, width, channels = train.shape
    kind = {1: "gray", 3: "color", 4: "color with transparency"}[channels]
    report.text(
        f"{len(train):,} pictures, {height}x{width} pixels, {kind}. {train.note}"
    )
    if report.data.num_classes is not None:
        counts = np.bincount(train.labels, minlength=len(train.class_names))
        report.text(
            "Classes: "
            + ", ".join(
                f"{name} ({count:,})"
                for name, count in zip(train.class_names, counts, strict=True)
            )
            + ". The GAN learned to generate each."
        )
    images = report.epochs[-1]["step"] * config.images_per_step
    augmented = ", augmented for the discriminator" if report.data.augmented else ""
    report.text(
        f"Recipe: {config.recipe}; {images:,.0f} pictures seen, each "
        f"{images / len(train):,.0f} times{augmented}."
    )


def by_class(report: RunReport) -> None:
    """Adds a row of images of each class."""
    count = report.data.num_classes
    if count is None:
        return
    names = report.data.train.class_names
    labels = np.repeat(np.arange(count), PER_CLASS)
    images = generated(report, len(labels), labels=labels)
    rows = [images[n * PER_CLASS : (n + 1) * PER_CLASS] for n in range(count)]
    report.heading("Each class")
    plots.panels(
        report.figure("classes", f"{PER_CLASS} new images of each class"),
        {
            name: plots.tile(row, columns=4)
            for name, row in zip(names, rows, strict=True)
        },
        columns=4,
    )


def distances(report: RunReport) -> None:
    """Adds the metrics by epoch, and those of real pictures."""
    measured = report.measured
    if not measured:
        return
    report.heading("Distance to the pictures")
    config = report.config
    floor = between_halves(report.data.train, config.extractor)
    report.curves(
        "frechet",
        "Fréchet distance by epoch",
        {f"by the {config.weights} weights": "frechet_distance"},
        title="Fréchet distance to the pictures",
        ylabel=f"Fréchet distance by {config.extractor}",
        lines={"half of the pictures to the others": floor} if floor else None,
        log_y=True,
    )
    columns = {key: METRICS[key] for key in SHOWN}
    picked = np.linspace(0, len(measured) - 1, min(MOST_ROWS, len(measured)))
    rows = [measured[round(n)] for n in picked]
    best = min(measured, key=lambda row: row["frechet_distance"])
    rows += [best] if best not in rows else []
    report.table(
        [{"epoch": f"{row['epoch']:.0f}"} | formatted(row, columns) for row in rows]
    )
    card = read_json(report.folder / "measures.json")["card"]
    report.text(
        f"Each row: {card['count']:,} images against all {card['reference_count']:,} "
        "pictures, which were trained on. The features are "
        f"{_SEEN.get(config.extractor, 'those of Inception, trained on ImageNet')}; so "
        "compare the numbers "
        "only with others of the same pictures. The generator with the lowest distance "
        f"(epoch {best['epoch']:.0f}: {best['frechet_distance']:.2f}) is best.keras; "
        "generator.keras is the last."
        + (
            f" Half of the pictures have the distance {floor:.2f} to the others."
            if floor
            else ""
        )
    )


def between_halves(images: data.ImageSet, extractor: str = "pixels") -> float | None:
    """Returns the Fréchet distance of half of the pictures to the others."""
    if len(images) < 4:
        return None
    order = np.random.default_rng(0).permutation(len(images))
    found = metrics.load_extractor(extractor, images.shape)
    features = found.extract(images.images).features
    halves = (np.sort(part) for part in np.array_split(order, 2))
    first, second = (metrics.statistics(features[half]) for half in halves)
    return metrics.frechet_distance(first, second)


def memorized(report: RunReport) -> None:
    """Adds the nearest pictures of generated images, and whether they are copies."""
    config, train = report.config, report.data.train
    if not config.neighbors:
        return
    report.heading("Nearest pictures")
    aside, rest = set_aside(train)
    count = max(config.neighbors, len(aside) if aside else 0)
    images = generated(report, count)
    if aside is None:
        found = metrics.nearest_by_pixels(images, train)
        compared = train
    else:
        memory = metrics.memorization(images, aside, rest)
        found, compared = memory.generated, rest
        report.text(
            f"One in {len(train) // len(aside)} pictures is compared with the others, "
            f"as generated images are: {memory.verdict}"
        )
    closest = found.closest(config.neighbors)
    pairs = plots.pairs(images[closest], compared.images[found.indices[closest]])
    report.image(
        "nearest",
        f"The {len(closest)} of {len(images):,} generated images that are nearest to a "
        "picture (left), and that picture (right)",
        pairs,
        scale=max(1, 96 // max(train.shape[:2])),
    )


def set_aside(
    images: data.ImageSet,
) -> tuple[data.ImageSet | None, data.ImageSet]:
    """Divides the pictures into some to compare with the others, and the others."""
    if len(images) < 40:
        return None, images
    every = max(10, len(images) // HELD_OUT)
    mask = np.arange(len(images)) % every == every - 1
    parts = (np.flatnonzero(mask), np.flatnonzero(~mask))
    aside, rest = (loading.select(images, rows, images.name) for rows in parts)
    return aside, rest


def interpolations(report: RunReport) -> None:
    """Adds images along paths of the noise."""
    model, config = report.model, report.config
    first, last = interpolation.ends(8, config.latent_dim)
    labels = None
    if report.data.num_classes is not None:
        labels = np.repeat(np.arange(8) * report.data.num_classes // 8, 8)

    def generate(points: np.ndarray) -> np.ndarray:
        inputs = points if labels is None else [points, labels]
        return data.to_uint8(np.asarray(model.generator(inputs, training=False)))

    report.heading("Between images")
    with model.averaged_weights() if config.average else contextlib.nullcontext():
        grid = interpolation.picture(
            generate, first, last, path=interpolation.spherical
        )
    report.image("interpolation", "Paths of the noise, one per row", grid, scale=1)


def generated(report: RunReport, count: int, **drawn: np.ndarray) -> np.ndarray:
    """Returns new images, uint8 [count, h, w, c]."""
    images = report.model.generate(
        count, seed=SEED, average=report.config.average, **drawn
    )
    return data.to_uint8(images)


REPORT = Sections(
    title,
    (
        pictures,
        sections.samples("Samples"),
        by_class,
        interpolations,
        distances,
        memorized,
        sections.losses(),
    ),
)
