"""All metrics of a generator, or of images of any origin, against a data set."""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ganzoo import data, metrics, random
from ganzoo.evaluate import extractors, real
from ganzoo.evaluate import images as subjects
from ganzoo.evaluate.cache import FeatureCache
from ganzoo.evaluate.locating import FEWEST, check_count, check_extractors, locate
from ganzoo.evaluate.measuring import RealImages, measured
from ganzoo.evaluate.progress import Watched
from ganzoo.metrics import features

MOST = 10_000  # drawn by default, and real images whose features are compared
STACKED = 26_000  # the protocol of VEEGAN and PacGAN for 1,000 modes
REAL = "real test images"


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Metrics of images, and of real images for comparison.

    Attributes:
        name: Name of the images.
        measures: Metrics of the images and, if there are enough, of real test images,
            which are an upper limit, by name; as JSON, with cards, and with the
            half-widths of 95% intervals of those that have one.
        notes: Remarks on the interpretation of the values.
    """

    name: str
    measures: dict[str, dict]
    notes: tuple[str, ...] = ()

    @property
    def scalars(self) -> dict[str, dict[str, float]]:
        """Returns the values without cards, by name of the images."""
        return {name: _numbers(one) for name, one in self.measures.items()}

    def to_dict(self) -> dict:
        """Returns the evaluation as JSON types."""
        return dataclasses.asdict(self) | {"notes": list(self.notes)}


def evaluate(
    what: str,
    against: str,
    *,
    data_dir: str | None = None,
    count: int | None = None,
    seed: int = 0,
    extractor: str | None = None,
    weights: str | None = None,
    progress: bool | None = None,
    **options: Any,
) -> Evaluation:
    """Measures images against the training images of a data set.

    Args:
        what: A generator of the zoo by its name, a `.keras` file, the run folder of a
            GAN that was trained, a folder of images or an `.npz` file of `images`.
        against: The data set; see `data.load`.
        data_dir: Folder of data sets; see `data.load`.
        count: Number of images; by default the number of test images, at most 10,000,
            and all images of a folder.
        seed: Seed of the noise, a 64-bit integer.
        extractor: Name of an extractor (see `metrics.load_extractor`), or path of a
            weights file of Keras's Inception-v3; by default the shipped classifier that
            takes such images, or `metrics.PixelFeatures` if none does.
        weights: Path of the weights of the extractors that need some.
        progress: Whether to show bars; None does on a terminal.
        **options: Arguments of `zoo.read_generator`.

    Raises:
        ValueError: `what` is not found, there are too few images, or the images, data
            set and extractor are incompatible.
    """
    # Check all arguments before reading anything, which may take long.
    check_count(count)
    random.checked_seed(seed)
    check_extractors([extractor] if extractor else [], weights)
    locate(what, **options)
    real.check(against, data_dir)
    subject = subjects.find(what, **options)
    train, test = real.load(against, data_dir, subject.shape)
    if subject.stacked:
        if extractor is not None:
            raise ValueError(
                f"{subject.name} generates three digits in three channels, whose modes "
                "the shipped classifier counts; leave out --extractor."
            )
        return _stacked(subject, train, count or STACKED, seed, progress)
    subject = subject.like(train)
    loaded = extractors.load(extractor, train.shape, weights)
    cache = FeatureCache()
    watched = Watched(loaded, progress, cache)
    default = subject.count or min(MOST, len(test) if test else MOST)
    images = np.asarray(subject.take(count or default, seed))
    if len(images) < FEWEST:
        raise ValueError(
            f"{subject.name} has {len(images)} images; at least {FEWEST} are needed, "
            "and 10,000 are customary."
        )
    samples = subject.described(seed)
    found = _measured(watched, subject.name, samples, images, train, test)
    cache.prune()
    read = [subject.note, train.note, test.note if test else ""]
    return dataclasses.replace(found, notes=(*found.notes, *filter(None, read)))


def _measured(
    extractor: Watched,
    name: str,
    samples: str,
    images: np.ndarray,
    train: data.ImageSet,
    test: data.ImageSet | None,
) -> Evaluation:
    reference = metrics.Reference.build(extractor, train, features=MOST)
    real_features = reference.features
    assert real_features is not None  # MOST of them were kept
    threshold = _threshold(train)
    known = _classes(extractor) in (None, train.class_names)
    real = RealImages(extractor, reference.gaussian, reference.card, real_features)

    def measures(images: np.ndarray, samples: str) -> dict:
        found = metrics.measure(
            extractor,
            images,
            reference,
            samples=samples,
            also=_also(len(images), len(real_features)),
        ).to_dict()
        row = measured(name, images, samples, real, seed=0)
        widths = dict(row.half_widths)
        del widths["kernel_distance"]  # here a mean over subsets, with their spread
        found |= {"mind": row.values["mind"], "half_widths": widths}
        if not known:  # the fraction of digits that look like frogs is meaningless
            del found["class_divergence"]
        if threshold is not None:
            near = metrics.near_duplicates(images, threshold, samples=samples)
            found["near_duplicates"] = near.to_dict()
        return found

    found = {name: measures(images, samples)}
    size = real_features.shape[1]
    notes = list(_notes(extractor, len(images), size, train, known, threshold))
    if test is not None and len(test) >= len(images):
        shown = np.asarray(subjects.evenly(test.images, len(images)))
        found[REAL] = measures(shown, f"{REAL} of {test.name}")
    else:
        there = f"{len(test):,}" if test else "no"
        notes.append(
            f"{train.name} has {there} test images: too few to compare with, because "
            "metrics depend on the number of images."
        )
    return Evaluation(name, found, tuple(notes))


def _also(count: int, kept: int) -> list[Callable]:
    subset_size = min(1000, min(count, kept) // 2)
    kernel = functools.partial(metrics.kernel_distance, subset_size=subset_size)
    return [kernel, metrics.prdc]


def _threshold(train: data.ImageSet) -> metrics.DuplicateThreshold | None:
    try:
        return metrics.DuplicateThreshold.build(train)
    except ValueError:  # too few images to have such pairs
        return None


def _classes(extractor: Watched) -> tuple[str, ...] | None:
    """Returns the classes of a shipped classifier; None for other extractors."""
    card = (features.FOLDER / extractor.file).with_suffix(".json")
    if not card.is_file():
        return None
    return tuple(json.loads(card.read_text(encoding="utf-8")).get("classes", ()))


def _notes(
    extractor: Watched,
    count: int,
    size: int,
    train: data.ImageSet,
    known: bool,
    threshold: metrics.DuplicateThreshold | None,
) -> Iterator[str]:
    if count <= size:
        yield (
            f"{count:,} images for {size:,} features: the Fréchet distance is far "
            "above that of more images."
        )
    if not known:
        yield (
            f"The {extractor.name} classifier does not know the classes of "
            f"{train.name}: its features are comparable, its classes say little."
        )
    if extractor.name == metrics.PixelFeatures.name:
        yield (
            "Distances are those of layout, color and texture, computed from pixels: "
            "what the images show does not enter them."
        )
    if threshold is None:
        yield (
            f"{train.name} has too few images to define near-duplicates: none were "
            "counted."
        )


def _stacked(
    subject: subjects.Subject,
    train: data.ImageSet,
    count: int,
    seed: int,
    progress: bool | None,
) -> Evaluation:
    """Counts the modes of three digits in the three channels."""
    stacked = data.StackedDigits(train)
    extractor = Watched(extractors.load(None, train.shape), progress)
    measure = functools.partial(
        metrics.class_modes, extractor=extractor, data_fractions=stacked.class_fractions
    )
    found = {}
    for name, images in (
        (subject.name, subject.take(count, seed)),
        (f"real images, {stacked.name}", np.asarray(stacked.sample(count)[0])),
    ):
        samples = subject.described(seed) if name == subject.name else name
        modes = measure(images, samples=samples).to_dict()
        found[name] = {k: v for k, v in modes.items() if k != "class_shares"}
    note = "Each channel is one digit; modes are the combinations of three digits."
    return Evaluation(subject.name, found, (note,))


def _numbers(measures: dict) -> dict[str, float]:
    """Returns the metrics of one set of images as a flat dict."""
    parts = [measures, *measures.get("also", ()), measures.get("near_duplicates", {})]
    renamed = {"share": "duplicate_share", "support": "duplicate_support"}
    return {
        renamed.get(key, key): value
        for part in parts
        for key, value in part.items()
        if isinstance(value, int | float)
    }
