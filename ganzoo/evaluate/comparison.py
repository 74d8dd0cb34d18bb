"""Several generators, or images of any origin, compared with the same real images."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ganzoo import data, metrics, random
from ganzoo.evaluate import extractors, measuring, real
from ganzoo.evaluate import images as subjects
from ganzoo.evaluate.cache import FeatureCache
from ganzoo.evaluate.images import Subject
from ganzoo.evaluate.locating import (
    FEWEST,
    check_count,
    check_extractors,
    check_subjects,
    holds_statistics,
    weights_of,
)
from ganzoo.evaluate.measuring import RANKED_BY, RealImages, Row, measured
from ganzoo.evaluate.progress import Watched
from ganzoo.metrics import spread

MOST = 10_000  # images drawn by default
_Sets = tuple[data.ImageSet | None, data.ImageSet | None]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A ranked table for each extractor.

    Attributes:
        against: Name of the real images, or of the file of their moments.
        tables: Rows by extractor, ranked; real test images last.
        notes: Remarks on the interpretation of the values.
    """

    against: str
    tables: dict[str, tuple[Row, ...]]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict:
        """Returns the comparison as JSON types."""
        tables = {
            name: [dataclasses.asdict(row) for row in rows]
            for name, rows in self.tables.items()
        }
        return {"against": self.against, "tables": tables, "notes": list(self.notes)}


def compare(
    whats: Sequence[str],
    against: str,
    *,
    data_dir: str | None = None,
    count: int | None = None,
    seed: int = 0,
    names: Sequence[str] = (),
    weights: str | None = None,
    reference_count: int | None = None,
    progress: bool | None = None,
    cache: str | os.PathLike | None = None,
    **options: Any,
) -> Comparison:
    """Ranks generators and sets of images by their distance to real images.

    The features of all images are kept in the cache folder, batch by batch: a call that
    was interrupted resumes, and what was seen before takes no time.

    Args:
        whats: What to compare: each a generator of the zoo, a `.keras` file, a run
            folder, a folder of images or an `.npz`.
        against: The real images: a ZIP file or a folder of pictures, a data set as in
            `data.load`, or an .npz of moments (`metrics.read_statistics`), which allows
            the Fréchet distance only.
        data_dir: Folder of data sets; see `data.load`.
        count: Number of images of each; by default the smallest number of images there
            is, at most 10,000.
        seed: Seed of the noise, and of the parts for the intervals.
        names: Extractors, see `metrics.load_extractor`; by default the one that suits
            the images, and an unlike one beside it.
        weights: Path of the weights of "fid...", or else of "lite0".
        reference_count: Number of real images (`data.some`); by default all.
        progress: Whether to show bars; None does on a terminal.
        cache: The cache folder; see `files.cache_folder`.
        **options: Arguments of `zoo.read_generator`.

    Raises:
        ValueError: Something is not found, there are too few images, or they and the
            real images and the extractors are incompatible.
    """
    check(whats, against, data_dir, count, names, weights, reference_count, **options)
    random.checked_seed(seed)
    found = [subjects.find(what, **options) for what in whats]
    moments = holds_statistics(against)
    sets: _Sets = (None, None)
    if not moments:
        sets = real.load(against, data_dir, found[0].shape)
    train, test = sets
    found = [_alike(subject, train, found[0]) for subject in found]
    if train is not None and reference_count is not None:
        train = data.some(train, min(reference_count, len(train)))
    count = _count(count, found, test)
    kept, shape = FeatureCache(cache), found[0].shape
    seen_by = []
    for name in names or extractors.defaults(shape):
        loaded = extractors.load(name, shape, weights_of(name, names, weights))
        watched = Watched(loaded, progress, kept)
        seen_by.append(
            RealImages.of_moments(watched, against)
            if train is None
            else RealImages.of_images(watched, train)
        )
    rows = list(_rows(whats, found, test, seen_by, count, seed))
    kept.prune()
    tables = {one.extractor.name: _table(rows, one.extractor.name) for one in seen_by}
    name = against if train is None else f"{train.name} {train.split}"
    notes = [*_notes(seen_by, count), *_notes_on(sets, found, count)]
    return Comparison(name, tables, tuple(notes))


def check(
    whats: Sequence[str],
    against: str,
    data_dir: str | None = None,
    count: int | None = None,
    names: Sequence[str] = (),
    weights: str | None = None,
    reference_count: int | None = None,
    **options: Any,
) -> None:
    """Checks the arguments of `compare` that can be checked before images are read."""
    check_count(count)
    check_count(reference_count, "reference_count")
    check_extractors(names, weights)
    check_subjects(whats, **options)
    if not holds_statistics(against):
        real.check(against, data_dir)


def _rows(
    whats: Sequence[str],
    found: Sequence[Subject],
    test: data.ImageSet | None,
    seen_by: Sequence[RealImages],
    count: int,
    seed: int,
) -> Iterator[Row]:
    """Yields the rows of all, unranked, with the images of one at a time in memory."""
    for what, subject in zip(whats, found, strict=True):
        images = subject.take(count, seed)
        for one in seen_by:
            yield measured(what, images, subject.described(seed), one, seed)
    if test is not None and len(test) >= count:
        images, name = subjects.evenly(test.images, count), f"real images, {test.split}"
        for one in seen_by:
            row = measured(name, images, f"{name}, of {test.name}", one, seed)
            yield dataclasses.replace(row, floor=True)


def _table(rows: Sequence[Row], extractor: str) -> tuple[Row, ...]:
    """Ranks an extractor's rows by their Fréchet distance, and marks tied ones."""
    mine = [row for row in rows if row.extractor == extractor]
    ordered = [row for row in mine if not row.floor]
    ordered.sort(key=lambda row: row.values[RANKED_BY])
    found = []
    for number, row in enumerate(ordered):
        tied = number > 0 and _tied(ordered[number - 1], row)
        found.append(dataclasses.replace(row, rank=number + 1, tied=tied))
    return (*found, *(row for row in mine if row.floor))


def _tied(first: Row, second: Row) -> bool:
    difference = second.values[RANKED_BY] - first.values[RANKED_BY]
    widths = (first.half_widths[RANKED_BY], second.half_widths[RANKED_BY])
    return difference < float(np.hypot(*widths))


def _alike(subject: Subject, train: data.ImageSet | None, first: Subject) -> Subject:
    """Returns a subject, if it can be compared with the others."""
    if subject.stacked:
        raise ValueError(
            f"{subject.name} generates three digits in three channels, whose modes are "
            "counted: evaluate it alone."
        )
    if train is not None:
        return subject.like(train)
    if subject.shape != first.shape:
        sizes = ["x".join(map(str, one.shape)) for one in (subject, first)]
        raise ValueError(
            f"{subject.name}: images of {sizes[0]}, but {first.name} has images of "
            f"{sizes[1]}; resize one of them."
        )
    return subject


def _count(
    count: int | None, found: Sequence[Subject], test: data.ImageSet | None
) -> int:
    """Returns how many images of each are compared: as many of all."""
    limits = [MOST]
    for one in found:
        if one.count is None:
            continue
        if one.count < FEWEST:
            raise ValueError(
                f"{one.name} has {one.count} images; at least {FEWEST} are needed, and "
                "10,000 are customary."
            )
        limits.append(one.count)
    if test is not None and len(test) >= FEWEST:
        limits.append(len(test))
    return min(limits) if count is None else count


def _notes(seen_by: Sequence[RealImages], count: int) -> Iterator[str]:
    yield (
        f"{count:,} images of each. ±: 95% interval, by leaving out each of "
        f"{spread.PARTS} disjoint parts of them, against the same real images; another "
        "training may differ by more. ≈: not told apart from the one above."
    )
    if count > measuring.MOST:
        yield (
            "MIND, kernel distance and precision to coverage are of "
            f"{measuring.MOST:,} of them."
        )
    for one in seen_by:
        size = len(one.gaussian.mean)
        if count <= size:
            yield (
                f"{one.extractor.name}: {count:,} images for {size:,} features: the "
                "Fréchet distance is far above that of more images."
            )
        if one.extractor.name == metrics.PixelFeatures.name:
            yield (
                "pixels: layout, color and texture; what the images show does not "
                "enter them."
            )


def _notes_on(sets: _Sets, found: Sequence[Subject], count: int) -> Iterator[str]:
    train, test = sets
    if train is None:
        yield (
            "The reference has moments only, which allow the Fréchet distance alone, "
            "and does not say by which network and way of resizing they were computed."
        )
    elif test is None or len(test) < count:
        there = f"{len(test):,}" if test else "no"
        yield (
            f"{train.name} has {there} test images, too few to compare with: there is "
            "no row of real against real."
        )
    notes = [one.note for one in found] + [one.note for one in sets if one is not None]
    yield from filter(None, notes)
