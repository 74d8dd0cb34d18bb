"""`python -m ganzoo evaluate WHAT ... --against DATASET`."""

from pathlib import Path

import tyro

from ganzoo import evaluate as evaluation
from ganzoo import files
from ganzoo.cli.options import NO_OPTIONS, FileOptions
from ganzoo.evaluate import locating


def evaluate(
    what: tyro.conf.Positional[tuple[str, ...]],
    against: str,
    data_dir: str | None = None,
    count: int | None = None,
    reference_count: int | None = None,
    seed: int = 0,
    extractor: tuple[str, ...] = (),
    weights: str | None = None,
    output: str | None = None,
    file: FileOptions = NO_OPTIONS,
) -> None:
    """Measure generators, or folders of images of any origin, against a data set.

    One of them: Fréchet distance, MIND and kernel distance, precision, recall, density
    and coverage, the formula of the Inception score, and near-duplicates, with
    intervals, each next to the value of real test images, and with a card of its
    provenance. Several: one table by each extractor, ranked. What was looked at is
    kept, so that the command resumes.

    Args:
        what: One or more of: a generator of the zoo, a .keras file, the run folder of a
            GAN, a folder of images, or an .npz.
        against: A ZIP file or a folder of pictures, perhaps in class sub-folders, an
            .npz, a TFDS name, or "digits" (embedded): its training images are compared
            with. Or an .npz of mu and sigma, as pytorch-fid writes it.
        data_dir: Folder of prepared TFDS sets, or of a set's original files.
        count: Number of images; by default the number of test images, at most 10,000,
            and all images of a folder, or as many as all have.
        reference_count: Number of real images for a table; by default all.
        seed: Seed of the noise.
        extractor: "mnist" or "cifar10", the shipped classifiers; "pixels"; "lite0" or
            "vgg", for pictures of any kind; "fid", "fid-pytorch" or "fid-clean", which
            compare with published numbers; or the path of a weights file of Keras's
            Inception-v3. By default one that suits the images, and for a table an
            unlike one beside it.
        weights: Path of the weights of fid, lite0 or vgg, if not in their usual places.
        output: For one, the JSON file to write. For a table, a file that ends in .json,
            .csv, .png or .txt, or a folder for all four.
        file: Options of .keras files.
    """
    options = file.given()
    locating.check_count(count)
    locating.check_count(reference_count, "reference_count")
    locating.check_extractors(extractor, weights)
    locating.check_output(output)
    locating.check_subjects(what, **options)
    settings = {
        "data_dir": data_dir,
        "count": count,
        "seed": seed,
        "weights": weights,
        **options,
    }
    if _one(what, against, extractor, reference_count, output):
        _measure(what[0], against, output, extractor, settings)
    else:
        _compare(what, against, output, extractor, reference_count, settings)


def _one(
    what: tuple[str, ...],
    against: str,
    extractor: tuple[str, ...],
    reference_count: int | None,
    output: str | None,
) -> bool:
    """Returns whether one thing is measured in detail, not as a table of one row."""
    plain = output is None or Path(output).suffix.lower() == ".json"
    several = len(what) != 1 or len(extractor) > 1 or reference_count is not None
    return plain and not several and not locating.holds_statistics(against)


def _measure(
    what: str,
    against: str,
    output: str | None,
    extractor: tuple[str, ...],
    settings: dict,
) -> None:
    found = evaluation.evaluate(
        what, against, extractor=next(iter(extractor), None), **settings
    )
    # Write first, so that a failing print, as into a closed pipe, loses nothing.
    if output is not None:
        files.write_json(output, found.to_dict())
    print(evaluation.text(found))
    if output is not None:
        print(f"written: {output}")


def _compare(
    what: tuple[str, ...],
    against: str,
    output: str | None,
    extractor: tuple[str, ...],
    reference_count: int | None,
    settings: dict,
) -> None:
    from ganzoo.evaluate import ranking

    found = evaluation.compare(
        what, against, names=extractor, reference_count=reference_count, **settings
    )
    written = [] if output is None else ranking.write(output, found)
    print(ranking.text(found))
    if written:
        print(f"written: {', '.join(map(str, written))}")
