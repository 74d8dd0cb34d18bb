"""Puts the table of all experiments into the README, out of the published reports.

    python -m experiments.overview

A row names the document, what it found and what ours found. Ours is words with numbers
and settings of reports/NAME/numbers.json between: `{NAME|number|format}`, or
`{NAME.SYSTEM|...}` of a comparison. A row whose report is not there yet says so.
"""

import dataclasses
import re
from pathlib import Path

from experiments import common, numbers
from ganzoo import reports

MARKER = "experiments"
_NUMBER = re.compile(r"\{([\w-]+)(?:\.([\w-]+))?\|([^|}]+)\|([^}]+)\}")


@dataclasses.dataclass(frozen=True)
class Row:
    """An experiment, or a part of one.

    Attributes:
        command: Words after `python -m experiments.`.
        document: What it reproduces.
        source: What the document found.
        ours: What ours found, with numbers to be filled in.
        zoo: The generators that came out of it.
    """

    command: str
    document: str
    source: str
    ours: str
    zoo: tuple[str, ...] = ()


ROWS = (
    Row(
        "mnist_gan",
        "a GAN for MNIST digits (seminar paper)",
        "digits to recognise after 50 epochs; not measured",
        "MNIST: Fréchet distance {mnist_gan|last/frechet_distance|.1f}; "
        "{mnist_gan|last/confident_share|.0%} of the digits clear to a classifier",
        ("mnist_dcgan",),
    ),
    Row(
        "gan_variants minibatch",
        "GAN variants (slides): minibatch discrimination",
        "digits of all classes after 90 epochs",
        "MNIST: Fréchet distance {minibatch|last/frechet_distance|.1f}, "
        "near-duplicates {minibatch|last/duplicate_share|.2%}; a collapsing "
        "game's fall from {collapse.collapsing|last/duplicate_share|.0%} to "
        "{collapse.collapsing-minibatch|last/duplicate_share|.1%}",
        ("mnist_minibatch",),
    ),
    Row(
        "gan_variants compare --bed ring",
        "GAN variants: unrolled, 8 Gaussians on a ring",
        "unrolled finds all 8, the plain GAN does not",
        "unrolled by 5: {ring.unrolled-5|last/modes|.0f} modes, "
        "{ring.unrolled-5|last/high_quality|.0%} of the points in one; plain: "
        "{ring.gan|last/modes|.0f}",
    ),
    Row(
        "gan_variants compare --bed stacked",
        "GAN variants: unrolled, 1,000 modes of stacked digits",
        "plain 31, unrolled by 5 236, by 10 327 modes",
        "stacked MNIST: plain {stacked.gan|last/modes|.0f}, by 5 "
        "{stacked.unrolled-5|last/modes|.0f}, "
        "by 10 {stacked.unrolled-10|last/modes|.0f}; the zoo's best "
        "{stacked_large|last/modes|,.0f}",
        ("stacked_mnist",),
    ),
    Row(
        "gan_variants infogan",
        "GAN variants: InfoGAN",
        "a code that means the digit",
        "MNIST: {infogan|last/purity|.1%} of the digits are their code's",
        ("mnist_infogan",),
    ),
    Row(
        "gan_variants discogan",
        "GAN variants: DiscoGAN",
        "pairs found without pairs; not measured",
        "MNIST, turned and coloured: {discogan|last/ab_accuracy|.1%} and "
        "{discogan|last/ba_accuracy|.1%} of the "
        "digits kept, there and back",
    ),
    Row(
        "gan_variants features",
        "GAN variants: a DCGAN's features",
        "good for classifying",
        "test error by 1,000 labels on MNIST "
        "{features_mnist|error/trained discriminator/1000|.1%}, raw pixels "
        "{features_mnist|error/raw pixels/1000|.1%}",
    ),
    Row(
        "cifar10_gan",
        "GANs of CIFAR-10 (project report)",
        "DC-GAN better than MLP-GAN, after 1000 epochs; not measured",
        "CIFAR-10 (JPEG copy), Fréchet distance: MLP-GAN "
        "{cifar10.mlp|last/frechet_distance|.1f} after {cifar10.mlp|epochs|d} epochs, "
        "DC-GAN {cifar10.dcgan|last/frechet_distance|.1f} after "
        "{cifar10.dcgan|epochs|d}, WGAN {cifar10.wgan|last/frechet_distance|.1f} and "
        "WGAN-GP {cifar10.wgan-gp|last/frechet_distance|.1f} after "
        "{cifar10.wgan|epochs|d}",
        ("cifar10_dcgan", "cifar10_wgan_gp"),
    ),
    Row(
        "svhn_training_images compare",
        "training images for house numbers (paper)",
        "SVHN: real 86 %, drawn 63 %, by ten DCGANs 77 %",
        "MNIST-M: real {training_images_mnist_m|accuracy/real|.1%}, drawn "
        "{training_images_mnist_m|accuracy/source|.1%}, by ten DCGANs "
        "{training_images_mnist_m|accuracy/dcgans|.1%}, refined "
        "{training_images_mnist_m|accuracy/simgan|.1%}; the SVHN subset (all real), "
        "drawn richly: "
        "{training_images_mnist_m|accuracy/rich/svhn_subset 1.0.0 train+test|.1%}",
        ("mnist_m_conditional", "mnist_m_dcgan_5", "mnist_m_refiner"),
    ),
    Row(
        "multi_digit_mnist ours",
        "several labelled digits in boxes (paper)",
        "label orders not trained on: often wrong",
        "MNIST: {multi_digit|final/unseen_accuracy|.1%} of their digits right; the "
        "source's network {multi_digit_source|final/unseen_accuracy|.1%}",
        ("multi_digit_mnist",),
    ),
)


def filled(text: str, published: dict[str, list[numbers.Result]]) -> str | None:
    """Returns words with their numbers; None if a report is not there yet.

    Raises:
        ValueError: A report that has no such system or number.
    """
    if any(name not in published for name, *_ in _NUMBER.findall(text)):
        return None

    def number(found: re.Match) -> str:
        name, system, key, form = found.groups()
        results = {one.name: one.config | one.numbers for one in published[name]}
        try:
            return format(results[system or ""][key], form)
        except KeyError as error:
            raise ValueError(
                f"reports/{name} has no {error}, for {found[0]}."
            ) from None

    return _NUMBER.sub(number, text)


def overview(published: dict[str, list[numbers.Result]]) -> str:
    """Returns the table."""
    rows = []
    for row in ROWS:
        report = _NUMBER.search(row.ours)[1]
        ours = filled(row.ours, published)
        linked = f"{ours} ([report](reports/{report}/report.md))"
        rows.append(
            {
                "`python -m experiments.`": f"`{row.command}`",
                "document": row.document,
                "the source": row.source,
                "ours": "not yet trained" if ours is None else linked,
                "in the zoo": ", ".join(map(_card, row.zoo)),
            }
        )
    return reports.table(rows)


def _card(name: str) -> str:
    """Returns a link to a generator's card."""
    return f"[{name}](ganzoo/weights/{name}.json)"


@dataclasses.dataclass(frozen=True)
class Config:
    """Nothing is to be chosen."""


def run(config: Config) -> None:
    """Fills the table in."""
    reports.fill_in(MARKER, overview(numbers.published(Path("reports"))))


if __name__ == "__main__":
    common.main(run, Config, __doc__)
