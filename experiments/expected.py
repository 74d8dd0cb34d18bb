"""What the sources say their experiments find, as bounds on the numbers of a run.

One list for each experiment. A source that gives a number is held to it, to a stated
tolerance; one that says in words what its pictures show gets the bound that the words
can bear. Which way the losses drift over a training is told in the reports, and not
checked: it says nothing of the images.
"""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Expected:
    """A bound on a number, or on its ratio to another one of the same run.

    Attributes:
        key: The number's name; see `experiments.numbers`.
        says: What the source says, and the tolerance.
        least: The least value accepted, or None.
        most: The greatest value accepted, or None.
        versus: Name of another number, in whose multiples the bounds are.
        when: From the settings to whether the source speaks of such runs.
    """

    key: str
    says: str
    least: float | None = None
    most: float | None = None
    versus: str | None = None
    when: Callable[[dict], bool] = lambda settings: True


def _of(least_epochs: int = 0, **settings) -> Callable[[dict], bool]:
    """Returns whether a run has these settings and was at least so long."""

    def holds(found: dict) -> bool:
        long = found.get("epochs", 0) >= least_epochs
        return long and all(found.get(key) == value for key, value in settings.items())

    return holds


MNIST_GAN = (
    Expected(
        "last/frechet_distance",
        "images get visibly better with the epochs: at most half the distance",
        most=0.5,
        versus="first/frechet_distance",
        when=_of(20, dataset="mnist"),
    ),
    Expected(
        "last/confident_share",
        "digits become recognisable: more than half are, to the classifier",
        least=0.5,
        when=_of(50, dataset="mnist"),
    ),
)

_SAVED = "collapsing-minibatch"
_YARDSTICKS = "Srivastava et al. 2017"
GAN_VARIANTS = (
    Expected(
        "last/duplicate_share",
        "minibatch discrimination, at epochs 70 and 90: no collapse, which here is "
        "below 1% near-duplicates",
        most=0.01,
        when=lambda settings: (
            settings.get("similarities", 0) > 0 and _of(70, dataset="mnist")(settings)
        ),
    ),
    Expected(
        f"{_SAVED}/last/duplicate_share",
        "minibatch discrimination cures a collapse: at most half the near-duplicates",
        most=0.5,
        versus="collapsing/last/duplicate_share",
    ),
    Expected(
        "last/modes",
        f"unrolled GAN on the ring: 7.6 of 8 modes ({_YARDSTICKS})",
        least=7.6,
        when=lambda settings: (
            settings.get("unrolled_steps", 0) >= 5 and _of(20, dataset="ring")(settings)
        ),
    ),
    *(
        Expected(
            f"unrolled-{steps}/last/modes",
            f"unrolled GAN on the ring: 7.6 of 8 modes ({_YARDSTICKS})",
            least=7.6,
            when=_of(20, dataset="ring"),
        )
        for steps in (5, 10)
    ),
    *(
        Expected(
            f"unrolled-{steps}/last/modes",
            "more modes of stacked MNIST are covered as K grows",
            least=1.0,
            versus="gan/last/modes",
            when=_of(12, players="small"),
        )
        for steps in (5, 10)
    ),
    Expected(
        "unrolled-5/last/modes",
        f"unrolled GAN on stacked MNIST: 48.7 of 1,000 modes ({_YARDSTICKS})",
        least=48.7,
        when=_of(12, players="small"),
    ),
    Expected(
        "last/modes",
        "the best on stacked MNIST: 1,000.0 of 1,000 modes (Lin et al. 2018), to 1%",
        least=990.0,
        when=_of(14, players="large"),
    ),
    Expected(
        "last/purity",
        "the categorical code finds the digits with an error of 5% (Chen et al. 2016), "
        "to 2 points",
        least=0.93,
        when=_of(8, dataset="mnist"),
    ),
    *(
        Expected(
            f"last/{way}_accuracy",
            "DiscoGAN maps two domains onto each other: nine of ten held-out digits "
            "are read as their source's",
            least=0.9,
            when=_of(10, dataset="mnist"),
        )
        for way in ("ab", "ba")
    ),
    *(
        Expected(
            f"error/trained discriminator/{labels}",
            f"a DCGAN's features beat {baseline} in supervised classification",
            most=1.0,
            versus=f"error/{baseline}/{labels}",
            when=_of(5),
        )
        for labels in (100, 1000)
        for baseline in ("raw pixels", "untrained network")
    ),
)

CIFAR10_GAN = (
    Expected(
        "dcgan/last/frechet_distance",
        "DC-GAN is much better than MLP-GAN: at most three quarters of its distance",
        most=0.75,
        versus="mlp/last/frechet_distance",
        when=_of(20),
    ),
    Expected(
        "final/confident_share",
        "cars, animals and a ship can be made out among DC-GAN's images: the "
        "classifier is sure of one in ten",
        least=0.1,
        when=_of(20, architecture="dcgan", loss="non_saturating"),
    ),
)

_WHOLE = {"train_images": None}
_SVHN = _WHOLE | {"dataset": "svhn_cropped"}
_PUBLISHED = {"real": 0.86, "source": 0.63, "dcgans": 0.77}
SVHN_TRAINING_IMAGES = (
    *(
        Expected(
            f"accuracy/{name}",
            f"trained on {what}: {_PUBLISHED[name]:.0%} of SVHN's test images, to 5 "
            "points",
            least=_PUBLISHED[name] - 0.05,
            when=_of(**_SVHN),
        )
        for name, what in (
            ("real", "real images"),
            ("source", "drawn ones"),
            ("dcgans", "images of ten DCGANs"),
        )
    ),
    Expected(
        "accuracy",
        "a judge of real images: 86% of SVHN's test images, to 5 points",
        least=0.81,
        when=_of(**_SVHN),
    ),
    Expected(
        "accuracy/dcgans",
        "images of GANs are better to train on than drawn ones",
        least=1.0,
        versus="accuracy/source",
        when=_of(**_WHOLE),
    ),
    Expected(
        "accuracy/dcgans",
        "but not as good as real ones",
        most=1.0,
        versus="accuracy/real",
        when=_of(**_WHOLE),
    ),
    Expected(
        "accuracy/rich",
        "with a better drawer the accuracy of drawn images can rise",
        least=1.0,
        versus="accuracy/source",
        when=_of(**_WHOLE),
    ),
    Expected(
        "accuracy/simgan",
        "outlook: refined images are better to train on than those they are made of",
        least=1.0,
        versus="accuracy/source",
        when=_of(simgan_style="source", **_WHOLE),
    ),
)


_SOURCE = {"joint": True, "conditioning": "input", "label_scale": 1.0}
_SOURCE |= {"draw_labels": False, "mismatch_weight": 0.0}
_OURS = {"joint": False, "conditioning": "projection", "blank": True}
MULTI_DIGIT_MNIST = (
    Expected(
        "final/seen_accuracy",
        "works for label orders seen in training: four of five digits are right",
        least=0.8,
        when=_of(8, **_SOURCE),
    ),
    Expected(
        "final/unseen_accuracy",
        "for new orders the digits are often wrong: more often than for seen ones",
        most=1.0,
        versus="final/seen_accuracy",
        when=_of(8, **_SOURCE),
    ),
    *(
        Expected(
            f"final/{situation}_accuracy",
            f"what the source fails at, to be beaten: {percent}% of the digits right, "
            f"{what}",
            least=percent / 100,
            when=_of(8, **_OURS),
        )
        for situation, percent, what in (
            ("seen", 97, "in orders trained on"),
            ("unseen", 95, "in orders never seen"),
        )
    ),
    Expected(
        "ours/last/unseen_accuracy",
        "the source fails in orders never seen: ours must not, beside it",
        least=1.0,
        versus="source/last/unseen_accuracy",
        when=_of(8),
    ),
)
