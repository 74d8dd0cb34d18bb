"""Every claim of a source fails on planted results under which it is wrong."""

import pytest

from experiments.harness import check, discover
from experiments.harness.results import Result
from experiments.mnist_gan.config import Quick

MNIST = {"dataset": "mnist"}
DIGITS = MNIST | {"epochs": 90, "similarities": 10}
RING = {"dataset": "ring", "epochs": 50}
UNROLLED = RING | {"unrolled_steps": 5}
STACKED = {"epochs": 12, "players": "small"}
INFOGAN = MNIST | {"epochs": 8, "categories": 10}
SVHN = {"dataset": "svhn_cropped", "train_images": None}
MNIST_M = {"dataset": "mnist_m", "train_images": None, "simgan_style": "source"}
SOURCE = {"epochs": 8, "joint": True, "conditioning": "input", "label_scale": 1.0}
SOURCE |= {"draw_labels": False, "mismatch_weight": 0.0}
OURS = {"epochs": 8, "joint": False, "conditioning": "projection", "blank": True}
ERROR = "error/trained discriminator"


def modes(plain, one, five, ten) -> dict:
    """Returns the results of stacked digits, unrolled by 0, 1, 5 and 10 steps."""
    counts = {"gan": plain, "unrolled-1": one, "unrolled-5": five, "unrolled-10": ten}
    return {
        name: (STACKED, {"last/modes_of_all": value}) for name, value in counts.items()
    }


def stacked_large(of_all: float, clear: float) -> dict:
    """Returns the results of stacked digits by the large networks."""
    numbers = {"last/modes_of_all": of_all, "last/modes": clear}
    return {"": ({"epochs": 14, "players": "large"}, numbers)}


def collapse(plain: tuple, saved: tuple) -> dict:
    """Returns near-duplicates and divergence, without and with discrimination."""
    keys = ("last/duplicate_share", "last/class_divergence")
    found = {"collapsing": plain, "collapsing-minibatch": saved}
    return {
        name: (DIGITS, dict(zip(keys, values, strict=True)))
        for name, values in found.items()
    }


def unrolled(count: float, share: float) -> dict:
    """Returns the results of unrolled GANs on the ring."""
    numbers = {"last/modes": count, "last/high_quality": share}
    return dict.fromkeys(("", "unrolled-5", "unrolled-10"), (UNROLLED, numbers))


def features(trained: float, raw: float, untrained: float) -> dict:
    """Returns errors with 100 and 1,000 labels."""
    rows = {ERROR: trained, "error/raw pixels": raw}
    rows["error/untrained network"] = untrained
    numbers = {f"{k}/{n}": value for k, value in rows.items() for n in (100, 1000)}
    return {"": ({"epochs": 5}, numbers)}


def accuracies(config: dict, **found: float) -> dict:
    return {"": (config, {f"accuracy/{name}": value for name, value in found.items()})}


# Paper, what is wrong, results by variant, and the numbers that must fail.
PLANTED = [
    (
        "mnist_gan",
        "the last images are as bad as the first",
        {
            "": (
                MNIST | {"epochs": 50},
                {"first/frechet_distance": 60.0, "last/frechet_distance": 50.0},
            )
        },
        ["last/frechet_distance"],
    ),
    (
        "mnist_gan",
        "blurs that are no digit",
        {
            "": (
                MNIST | {"epochs": 50},
                {"last/confident_share": 0.3, "last/classifier_score": 6.0},
            )
        },
        ["last/confident_share"],
    ),
    (
        "mnist_gan",
        "blobs, all taken for an eight with confidence",
        {
            "": (
                MNIST | {"epochs": 50},
                {"last/confident_share": 0.81, "last/classifier_score": 1.25},
            )
        },
        ["last/classifier_score"],
    ),
    (
        "mnist_gan",
        "the small GAN generates blurs",
        {
            "": (
                {"dataset": "digits", "epochs": Quick.epochs},
                {"last/confident_share": 0.3, "last/frechet_distance": 60.0},
            )
        },
        ["last/confident_share", "last/frechet_distance"],
    ),
    (
        "mnist_gan",
        "the small GAN generates no digit often enough",
        {
            "": (
                {"dataset": "digits", "epochs": Quick.epochs},
                {f"last/class_{digit}": 0.04 for digit in range(10)},
            )
        },
        [f"last/class_{digit}" for digit in range(10)],
    ),
    (
        "cifar10_gan",
        "DC-GAN is hardly better than MLP-GAN",
        {
            "mlp": ({"epochs": 20}, {"last/frechet_distance": 38.0}),
            "dcgan": ({"epochs": 20}, {"last/frechet_distance": 35.0}),
        },
        ["dcgan/last/frechet_distance"],
    ),
    (
        "cifar10_gan",
        "noise",
        {
            "": (
                {"epochs": 20, "architecture": "dcgan", "loss": "non_saturating"},
                {"final/confident_share": 0.0, "final/classifier_score": 1.1},
            )
        },
        ["final/confident_share", "final/classifier_score"],
    ),
    (
        "cifar10_gan",
        "one class, with confidence",
        {
            "": (
                {"epochs": 20, "architecture": "dcgan", "loss": "non_saturating"},
                {"final/confident_share": 0.9, "final/classifier_score": 1.0},
            )
        },
        ["final/classifier_score"],
    ),
    (
        "gan_variants",
        "a collapse in spite of minibatch discrimination",
        {"": (DIGITS, {"last/duplicate_share": 0.05, "last/class_divergence": 1.0})},
        ["last/duplicate_share", "last/class_divergence"],
    ),
    (
        "gan_variants",
        "noise, of which no two samples are alike",
        {"": (DIGITS, {"last/duplicate_share": 0.0, "last/class_divergence": 2.1})},
        ["last/class_divergence"],
    ),
    (
        "gan_variants",
        "nothing collapses, and nothing is cured",
        collapse((2e-4, 0.05), (2e-4, 0.05)),
        [
            "collapsing/last/duplicate_share",
            "collapsing-minibatch/last/duplicate_share",
            "collapsing-minibatch/last/class_divergence",
        ],
    ),
    (
        "gan_variants",
        "noise in place of a collapse",
        collapse((0.15, 1.3), (0.0, 1.2)),
        ["collapsing-minibatch/last/class_divergence"],
    ),
    (
        "gan_variants",
        "unrolling finds half of the ring",
        unrolled(4.0, 0.9),
        ["last/modes", "unrolled-5/last/modes", "unrolled-10/last/modes"],
    ),
    (
        "gan_variants",
        "noise all over the ring",
        unrolled(8.0, 0.01),
        [
            "last/high_quality",
            "unrolled-5/last/high_quality",
            "unrolled-10/last/high_quality",
        ],
    ),
    (
        "gan_variants",
        "the plain GAN finds the whole ring",
        {"gan": (RING, {"last/modes": 8.0})},
        ["gan/last/modes"],
    ),
    (
        "gan_variants",
        "fewer modes by 10 steps than by 5, fewer by 1 than by none",
        modes(69, 12, 484, 160),
        ["unrolled-1/last/modes_of_all", "unrolled-10/last/modes_of_all"],
    ),
    (
        "gan_variants",
        "as many modes with any K",
        modes(100, 100, 101, 100),
        [
            "unrolled-1/last/modes_of_all",
            "unrolled-5/last/modes_of_all",
            "unrolled-10/last/modes_of_all",
        ],
    ),
    (
        "gan_variants",
        "few modes, though more of them as K grows",
        modes(5, 10, 40, 47),
        # But for the last, which grows by less than a fifth, it is the number itself.
        ["unrolled-10/last/modes_of_all", "unrolled-5/last/modes_of_all"],
    ),
    (
        "gan_variants",
        "the best GAN misses modes",
        stacked_large(900.0, 900.0),
        ["last/modes", "last/modes_of_all"],
    ),
    (
        "gan_variants",
        "blurred noise covers the modes of the best GAN",
        stacked_large(1000.0, 20.0),
        ["last/modes"],
    ),
    (
        "gan_variants",
        "codes that mix digits",
        {
            name: (INFOGAN, {"last/purity": 0.8})
            for name in ("", "distorted", "undistorted")
        },
        ["last/purity", "distorted/last/purity", "undistorted/last/purity"],
    ),
    (
        "gan_variants",
        "domains mapped with other digits",
        {
            "": (
                MNIST | {"epochs": 10},
                {"last/ab_accuracy": 0.11, "last/ba_accuracy": 0.10},
            )
        },
        ["last/ab_accuracy", "last/ba_accuracy"],
    ),
    (
        "gan_variants",
        "digits turned, but left in their domain's colors",
        {
            "": (
                MNIST | {"epochs": 10},
                {"last/ab_accuracy": 1.0, "last/ba_accuracy": 1.0}
                | {"last/ab_one_hue": 0.0, "last/ba_grey": 0.0},
            )
        },
        ["last/ab_one_hue", "last/ba_grey"],
    ),
    (
        "gan_variants",
        "features that are no better",
        features(0.168, 0.168, 0.168),
        2 * [f"{ERROR}/100", f"{ERROR}/1000"],
    ),
    (
        "gan_variants",
        "features that are an untrained network's",
        features(0.070, 0.168, 0.071),
        [f"{ERROR}/100", f"{ERROR}/1000"],
    ),
    (
        "multi_digit_mnist",
        "the source's network is right in new orders, too",
        {
            "": (
                SOURCE,
                {
                    "final/seen_accuracy": 0.97,
                    "final/unseen_same_mix_accuracy": 0.969,
                },
            )
        },
        ["final/unseen_same_mix_accuracy"],
    ),
    (
        "multi_digit_mnist",
        "noise in all orders",
        {
            "": (
                SOURCE,
                {"final/seen_accuracy": 0.1, "final/unseen_same_mix_accuracy": 0.098},
            )
        },
        ["final/seen_accuracy", "final/unseen_same_mix_accuracy"],
    ),
    (
        "multi_digit_mnist",
        "ours fails in new orders, as the source",
        {
            "": (
                OURS,
                {"final/seen_accuracy": 0.95, "final/unseen_accuracy": 0.7},
            )
        },
        ["final/seen_accuracy", "final/unseen_accuracy"],
    ),
    (
        "multi_digit_mnist",
        "noise by both",
        {
            "ours": ({"epochs": 8}, {"last/unseen_accuracy": 0.1}),
            "source": ({"epochs": 8}, {"last/unseen_accuracy": 0.1}),
        },
        2 * ["ours/last/unseen_accuracy"],
    ),
    (
        "svhn_training_images",
        "all classifiers guess",
        accuracies(SVHN, real=0.1, source=0.1, dcgans=0.1),
        ["accuracy/real", "accuracy/source"] + 3 * ["accuracy/dcgans"],
    ),
    (
        "svhn_training_images",
        "a classifier of real images guesses",
        {"": (SVHN, {"accuracy": 0.1})},
        ["accuracy"],
    ),
    (
        "svhn_training_images",
        "no set is better than another",
        accuracies(MNIST_M, real=0.6, source=0.6, dcgans=0.6, rich=0.6, simgan=0.6),
        2 * ["accuracy/dcgans"] + ["accuracy/rich", "accuracy/simgan"],
    ),
]


def bounds(paper: str) -> set:
    """Returns the reference values of a paper's commands."""
    (found,) = [one for one in discover.papers() if one.name == paper]
    commands = [one.load() for one in found.commands.values()]
    return {bound for one in commands for bound in one.reference_values}


def failed(paper: str, planted: dict) -> list[check.Line]:
    found = [Result(name, one[0], 1, one[1]) for name, one in planted.items()]
    return [one for one in check.from_source(found, bounds(paper)) if not one.passed]


@pytest.mark.parametrize(
    ("paper", "planted", "expected"),
    [pytest.param(one[0], *one[2:], id=f"{one[0]}: {one[1]}") for one in PLANTED],
)
def test_a_claim_fails_on_results_that_falsify_it(paper, planted, expected):
    names = [line.name for line in failed(paper, planted)]
    assert sorted(names) == sorted(expected)


@pytest.mark.parametrize("paper", [one.name for one in discover.papers()])
def test_every_claim_fails_on_one_of_the_planted_results(paper):
    seen = {
        (line.name, line.origin)
        for name, _, planted, _ in PLANTED
        if name == paper
        for line in failed(paper, planted)
    }
    known = {(one.key, f"the source: {one.claim}") for one in bounds(paper)}
    assert len(known) == len(bounds(paper))
    assert seen == known
