"""`python -m ganzoo evaluate WHAT --against DATASET`."""

from pathlib import Path

import tyro

from ganzoo import evaluate as evaluation
from ganzoo import files
from ganzoo.evaluate import locating


def evaluate(
    what: tyro.conf.Positional[str],
    against: str,
    data_dir: str | None = None,
    count: int | None = None,
    seed: int = 0,
    extractor: str | None = None,
    classes: int | None = None,
    black: float | None = None,
    white: float | None = None,
    output: str | None = None,
) -> None:
    """Measure a generator, or a folder of images of any origin, against a data set.

    Computes Fréchet and kernel distance, precision, recall, density and coverage, the
    formula of the Inception score, and near-duplicates, each next to the value of real
    test images, and with a card of its provenance.

    Args:
        what: A generator of the zoo, a .keras file, the run folder of a GAN, a folder
            of images, or an .npz.
        against: A TFDS name, "digits" (embedded), a folder of class sub-folders, or an
            .npz; its training images are compared with.
        data_dir: Folder of prepared TFDS sets, or of a set's original files.
        count: Number of images; by default the number of test images, at most 10,000,
            and all images of a folder.
        seed: Seed of the noise.
        extractor: Path of a weights file of Keras's Inception-v3; by default a shipped
            classifier looks at the images: of 28x28 in gray, or 32x32 in color.
        classes: Number of classes of a .keras file that takes noise and labels.
        black: Output of the generator of a .keras file for black; by default -1.
        white: Its output for white; by default 1.
        output: JSON file to write.
    """
    if output is not None and Path(output).is_dir():
        raise ValueError(f"output={output} is a folder; give the JSON file to write.")
    locating.check_count(count)
    locating.locate(what, classes=classes, black=black, white=white)
    found = evaluation.evaluate(
        what,
        against,
        data_dir=data_dir,
        count=count,
        seed=seed,
        extractor=extractor,
        classes=classes,
        black=black,
        white=white,
    )
    # Write first, so that a failing print, as into a closed pipe, loses nothing.
    if output is not None:
        files.write_json(output, found.to_dict())
    print(evaluation.text(found))
    if output is not None:
        print(f"written: {output}")
