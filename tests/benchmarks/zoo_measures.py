"""Every generator of the zoo by two unlike extractors: intervals, floors, cards.

    python -m tests.benchmarks.zoo_measures --data-dir tfds
    python -m tests.benchmarks.zoo_measures --readme

The first command measures the generators that have no record, or those that are named,
and adds the results to `reports/zoo/records.json` and to the cards. The second also
writes the tables to RESULTS.md. One extractor is the shipped classifier of the
generator's own data, or else pixels; the other is lite0, by which no generator was
chosen. Real images are those that a generator imitates, its test split is the floor.
"""

import dataclasses
import functools
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments.harness.pages import fill_in
from ganzoo import data, metrics, zoo
from ganzoo.evaluate.cache import FeatureCache
from ganzoo.evaluate.images import evenly
from ganzoo.evaluate.measuring import RealImages, Row, measured
from ganzoo.evaluate.progress import Watched
from ganzoo.files import kept_json, write_json
from ganzoo.runs.reports import table
from ganzoo.zoo import catalog

RECORDS = Path("reports/zoo/records.json")
PART = 2_000  # images left out of those whose modes are counted
CLASSIFIERS = {"mnist": "mnist", "cifar10_jpeg": "cifar10"}  # by data set
COLUMNS = {
    "frechet_distance": ("Fréchet distance", 2),
    "mind": ("MIND", 2),
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "coverage": ("coverage", 3),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    names: tuple[str, ...] = ()
    """Generators to measure; by default those without a record."""
    count: int = 10_000
    """Number of generated, real training and real test images, by the first extractor;
    of a shipped classifier all training images are the reference."""
    lite0_count: int = 2_000
    """Number of them by lite0, which takes longer."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    only_write: bool = False
    """Print and write what was measured before."""
    readme: bool = False
    """Also write the tables to RESULTS.md."""


def real_images(card: dict, split: str, config: Config) -> data.ImageSet:
    """Returns the real images that a generator imitates."""
    loaded = data.load(card["config"]["dataset"], split, config.data_dir)
    if "layout" in card:
        settings = card["config"]
        grid = data.Placement(
            "grid", settings["objects"], settings["size"], settings["digit_size"]
        )
        orders = tuple(map(tuple, card["layout"]["labels"]))
        drawn: data.Drawn = data.MultiDigits(
            loaded, orders, placement=grid, background=settings["background"]
        )
    elif is_stacked(card):
        drawn = data.StackedDigits(loaded)
    elif ", digit " in card["data"]["name"]:
        rows = loaded.labels == card["config"]["digit"]
        return data.image_set(
            loaded.images[rows], name=card["data"]["name"], split=split
        )
    else:
        return loaded
    images = np.asarray(drawn.sample(config.count, seed=1)[0])
    return data.image_set(images, name=drawn.name, split=split)


def is_stacked(card: dict) -> bool:
    """Returns whether a generator's channels are three digits."""
    return "modes" in card["measures"]


def apart(images: np.ndarray) -> np.ndarray:
    """Returns one of the three digits of each stacked image, in gray."""
    rows = np.arange(len(images))
    return images[rows, :, :, rows % 3][..., None]


def measure(name: str, config: Config) -> dict:
    """Measures a generator; returns the entry of its card, by extractor."""
    card, found = zoo.card(name), {}
    train, test = (real_images(card, one, config) for one in ("train", "test"))
    generated = np.asarray(zoo.sampler(name).sample(min(config.count, len(test)), 0))
    for extractor in extractors(card):
        count, reals = config.lite0_count, (train, test)
        images = generated
        if extractor != "lite0":
            count = config.count
            if is_stacked(card):
                images = apart(generated)
                split = (
                    data.load(card["config"]["dataset"], s, config.data_dir)
                    for s in ("train", "test")
                )
                reals = tuple(split)
        found[extractor] = by_extractor(name, extractor, images, reals, count)
    return found


def extractors(card: dict) -> tuple[str, str]:
    """Returns the names of two unlike extractors for a generator's images."""
    own = CLASSIFIERS.get(card["config"]["dataset"], "pixels")
    return "pixels" if "layout" in card else own, "lite0"


def by_extractor(
    name: str,
    extractor: str,
    images: np.ndarray,
    reals: Sequence[data.ImageSet],
    count: int,
) -> dict:
    """Measures images and as many real test images by one extractor."""
    start = time.perf_counter()
    train, test = reals
    if extractor not in CLASSIFIERS.values():
        train = data.some(train, min(count, len(train)))
    count = min(count, len(images), len(test))
    loaded = metrics.load_extractor(extractor, images.shape[1:])
    real = RealImages.of_images(Watched(loaded, None, FeatureCache()), train)
    samples = f"zoo generator {name}, float16 weights, noise seed 0"
    row = measured(name, evenly(images, count), samples, real, 0)
    floor = measured("real", evenly(test.images, count), f"{test.name} test", real, 0)
    return {
        "generated": numbers(row),
        "real": numbers(floor),
        "card": {"resize": "none"} | row.card | {"floor": f"{test.name} {test.split}"},
        "seconds": round(time.perf_counter() - start),
    }


def numbers(row: Row) -> dict[str, list[float]]:
    """Returns each measure with the half-width of its interval."""
    return {key: [row.values[key], row.half_widths[key]] for key in row.values}


def counted_modes(name: str, config: Config) -> dict:
    """Counts the modes of stacked digits, with intervals."""
    card = zoo.card(name)
    digits = data.load(card["config"]["dataset"], "train", config.data_dir)
    classifier = metrics.load_classifier("mnist")
    count = functools.partial(
        metrics.class_modes,
        extractor=Watched(classifier, None, FeatureCache()),
        data_fractions=data.StackedDigits(digits).class_fractions,
        samples=f"zoo generator {name}, float16 weights, noise seed 0",
    )
    images = np.asarray(zoo.sample(name, card["config"]["measure_samples"]))
    found = count(images)
    # Whole batches, so that the rest is in the cache.
    parts = np.split(np.arange(len(images)), range(PART, len(images), PART))
    left_out = [count(np.delete(images, part, axis=0)).scalars() for part in parts]
    widths = {
        key: metrics.half_width([one[key] for one in left_out]) for key in left_out[0]
    }
    kept = {k: v for k, v in found.to_dict().items() if k != "class_shares"}
    return kept | {"half_widths": widths}


def images_seen(card: dict) -> int:
    """Returns the number of real images in all train steps."""
    fields = card["config"]
    return (
        card["step"] * fields["batch_size"] * (fields.get("discriminator_steps") or 1)
    )


def renew(name: str, config: Config) -> dict:
    """Measures a generator, and writes its card and its record."""
    card = zoo.card(name)
    card["images_seen"] = images_seen(card)
    if is_stacked(card):
        card["measures"] = counted_modes(name, config)
    card["by_extractor"] = measure(name, config)
    write_json(catalog.FOLDER / f"{name}.json", card)
    return card["by_extractor"]


def rows(records: dict[str, dict], which: str) -> list[dict[str, str]]:
    """Returns the rows of the table by lite0, or by the other extractor."""
    found = []
    for name, by in records.items():
        for extractor, one in by.items():
            if (extractor == "lite0") != (which == "lite0"):
                continue
            row = {"generator": f"`{name}`", "extractor": extractor}
            row["images"] = f"{one['card']['count']:,}"
            for key, (title, decimals) in COLUMNS.items():
                value, width = one["generated"][key]
                real = one["real"][key][0]
                row[f"{title} (real)"] = (
                    f"{value:.{decimals}f} ± {width:.{decimals}f} ({real:.{decimals}f})"
                )
            found.append(row)
    return found


def text(records: dict[str, dict]) -> str:
    """Returns the tables, as Markdown."""
    return "\n\n".join(
        [
            "`python -m tests.benchmarks.zoo_measures --readme`. By the shipped "
            "classifier of the data, or pixels:",
            table(rows(records, "other")),
            "By lite0, which nothing was chosen by:",
            table(rows(records, "lite0")),
            "± is a 95% interval by leaving out tenths of the generated images; in "
            "brackets as many real test images. Compare only rows of the same data and "
            "number of images. Of `stacked_mnist` the classifier sees one channel of "
            "each image. The cards have more measures, the extractors' SHA-256, "
            "references and resizing.",
        ]
    )


def main(config: Config) -> None:
    """Measures, prints and writes the tables."""
    records = kept_json(RECORDS) or {}
    names = config.names or [name for name in zoo.names() if name not in records]
    for name in () if config.only_write else names:
        start = time.perf_counter()
        records[name] = renew(name, config)
        records = dict(sorted(records.items()))
        write_json(RECORDS, records)
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    if config.readme:
        fill_in("zoo", text(records))
    print(text(records))


if __name__ == "__main__":
    main(tyro.cli(Config))
