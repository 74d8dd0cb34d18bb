"""Claims of the slides and the papers they cite, as bounds on the numbers of a run."""

from experiments.harness import ReferenceValue, runs_with

_SAVED = "collapsing-minibatch"
_YARDSTICKS = "Srivastava et al. 2017"
REFERENCE_VALUES = (
    ReferenceValue(
        "last/duplicate_share",
        "minibatch discrimination, at epochs 70 and 90: no collapse, which here is "
        "below 1% near-duplicates",
        maximum=0.01,
        when=lambda config: (
            config.get("similarities", 0) > 0 and runs_with(70, dataset="mnist")(config)
        ),
    ),
    ReferenceValue(
        f"{_SAVED}/last/duplicate_share",
        "minibatch discrimination cures a collapse: at most half the near-duplicates",
        maximum=0.5,
        relative_to="collapsing/last/duplicate_share",
    ),
    ReferenceValue(
        "last/modes",
        f"unrolled GAN on the ring: 7.6 of 8 modes ({_YARDSTICKS})",
        minimum=7.6,
        when=lambda config: (
            config.get("unrolled_steps", 0) >= 5
            and runs_with(20, dataset="ring")(config)
        ),
    ),
    *(
        ReferenceValue(
            f"unrolled-{steps}/last/modes",
            f"unrolled GAN on the ring: 7.6 of 8 modes ({_YARDSTICKS})",
            minimum=7.6,
            when=runs_with(20, dataset="ring"),
        )
        for steps in (5, 10)
    ),
    *(
        ReferenceValue(
            f"unrolled-{steps}/last/modes",
            "more modes of stacked MNIST are covered as K grows",
            minimum=1.0,
            relative_to="gan/last/modes",
            when=runs_with(12, players="small"),
        )
        for steps in (5, 10)
    ),
    ReferenceValue(
        "unrolled-5/last/modes",
        f"unrolled GAN on stacked MNIST: 48.7 of 1,000 modes ({_YARDSTICKS})",
        minimum=48.7,
        when=runs_with(12, players="small"),
    ),
    ReferenceValue(
        "last/modes",
        "the best on stacked MNIST: 1,000.0 of 1,000 modes (Lin et al. 2018), to 1%",
        minimum=990.0,
        when=runs_with(14, players="large"),
    ),
    ReferenceValue(
        "last/purity",
        "the categorical code finds the digits with an error of 5% (Chen et al. 2016), "
        "to 2 points",
        minimum=0.93,
        when=runs_with(8, dataset="mnist"),
    ),
    *(
        ReferenceValue(
            f"last/{way}_accuracy",
            "DiscoGAN maps two domains onto each other: nine of ten held-out digits "
            "are read as their source's",
            minimum=0.9,
            when=runs_with(10, dataset="mnist"),
        )
        for way in ("ab", "ba")
    ),
    *(
        ReferenceValue(
            f"error/trained discriminator/{labels}",
            f"a DCGAN's features beat {baseline} in supervised classification",
            maximum=1.0,
            relative_to=f"error/{baseline}/{labels}",
            when=runs_with(5),
        )
        for labels in (100, 1000)
        for baseline in ("raw pixels", "untrained network")
    ),
)
