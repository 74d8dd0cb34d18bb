"""Claims of the slides and the papers they cite, as bounds on the numbers of a run."""

from experiments.harness import ReferenceValue, runs_with

_SAVED = "collapsing-minibatch"
_YARDSTICKS = "Srivastava et al. 2017"


def _with_minibatch(config: dict) -> bool:
    long = runs_with(70, dataset="mnist")(config)
    return long and config.get("similarities", 0) > 0


def _unrolled_ring(config: dict) -> bool:
    long = runs_with(20, dataset="ring")(config)
    return long and config.get("unrolled_steps", 0) >= 5


REFERENCE_VALUES = (
    ReferenceValue(
        "last/duplicate_share",
        "minibatch discrimination, at epochs 70 and 90: no collapse, which here is "
        "below 1% near-duplicates",
        maximum=0.01,
        when=_with_minibatch,
    ),
    ReferenceValue(
        "last/class_divergence",
        "minibatch discrimination, at epochs 70 and 90: no collapse to some digits, "
        "whose divergence is at most 0.1 nats",
        maximum=0.1,
        when=_with_minibatch,
    ),
    ReferenceValue(
        "collapsing/last/duplicate_share",
        "a GAN without minibatch discrimination collapses: at least 5% near-duplicates",
        minimum=0.05,
    ),
    *(
        ReferenceValue(
            f"{_SAVED}/last/{key}",
            f"minibatch discrimination cures a collapse: at most half the {what}",
            maximum=0.5,
            relative_to=f"collapsing/last/{key}",
        )
        for key, what in (
            ("duplicate_share", "near-duplicates"),
            ("class_divergence", "divergence of the digits"),
        )
    ),
    *(
        ReferenceValue(
            f"{variant}last/{key}",
            f"unrolled GAN on the ring: {what} ({_YARDSTICKS})",
            minimum=least,
            when=_unrolled_ring,
        )
        for variant in ("", "unrolled-5/", "unrolled-10/")
        # Noise covers all modes, too, with few points in any of them.
        for key, what, least in (
            ("modes", "7.6 of 8 modes", 7.6),
            ("high_quality", "35.6% of the points in a mode", 0.356),
        )
    ),
    ReferenceValue(
        "gan/last/modes",
        "the plain GAN does not find all modes of the ring (Metz et al. 2017)",
        maximum=7.0,
        when=runs_with(20, dataset="ring"),
    ),
    *(
        ReferenceValue(
            f"{more}/last/modes_of_all",
            "more modes of stacked MNIST are covered as K grows (Metz et al. 2017): a "
            "fifth more than with the K before",
            minimum=1.2,
            relative_to=f"{fewer}/last/modes_of_all",
            when=runs_with(12, players="small"),
        )
        for fewer, more in (
            ("gan", "unrolled-1"),
            ("unrolled-1", "unrolled-5"),
            ("unrolled-5", "unrolled-10"),
        )
    ),
    ReferenceValue(
        "unrolled-5/last/modes_of_all",
        f"unrolled GAN on stacked MNIST: 48.7 of 1,000 modes ({_YARDSTICKS})",
        minimum=48.7,
        when=runs_with(12, players="small"),
    ),
    *(
        ReferenceValue(
            f"last/{key}",
            "the best on stacked MNIST: 1,000.0 of 1,000 modes (Lin et al. 2018), to "
            f"1%{which}",
            minimum=990.0,
            when=runs_with(14, players="large"),
        )
        for key, which in (("modes_of_all", ""), ("modes", ", of clear images"))
    ),
    *(
        ReferenceValue(
            f"{variant}last/purity",
            "the categorical code finds the digits with an error of 5% (Chen et al. "
            "2016), to 2 points",
            minimum=0.93,
            # With more values than digits a code is pure more easily.
            when=runs_with(8, dataset="mnist", categories=10),
        )
        for variant in ("", "distorted/", "undistorted/")
    ),
    *(
        ReferenceValue(
            f"last/{key}",
            f"DiscoGAN maps two domains onto each other: nine of ten held-out {what}",
            minimum=0.9,
            when=runs_with(10, dataset="mnist"),
        )
        for key, what in (
            ("ab_accuracy", "digits are read as their source's, there"),
            ("ba_accuracy", "digits are read as their source's, back"),
            ("ab_one_hue", "digits are colored, there"),
            ("ba_grey", "digits are gray, back"),
        )
    ),
    *(
        ReferenceValue(
            f"error/trained discriminator/{labels}",
            f"a DCGAN's features beat {baseline} in supervised classification: at "
            "least a twentieth of the error less",
            maximum=0.95,
            relative_to=f"error/{baseline}/{labels}",
            when=runs_with(5),
        )
        for labels in (100, 1000)
        for baseline in ("raw pixels", "untrained network")
    ),
)
