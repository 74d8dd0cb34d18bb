"""The paper's claims, as bounds on the accuracies of classifiers."""

from experiments.harness import ReferenceValue, runs_with

_WHOLE = {"train_images": None}
_SVHN = _WHOLE | {"dataset": "svhn_cropped"}
_PUBLISHED = {"real": 0.86, "source": 0.63, "dcgans": 0.77}
REFERENCE_VALUES = (
    *(
        ReferenceValue(
            f"accuracy/{name}",
            f"trained on {what}: {_PUBLISHED[name]:.0%} of SVHN's test images, less 5 "
            "points at most",
            minimum=_PUBLISHED[name] - 0.05,
            when=runs_with(**_SVHN),
        )
        for name, what in (
            ("real", "real images"),
            ("source", "drawn ones"),
            ("dcgans", "images of ten DCGANs"),
        )
    ),
    ReferenceValue(
        "accuracy",
        "a classifier of real images: 86% of SVHN's test images, less 5 points at most",
        minimum=0.81,
        when=runs_with(**_SVHN),
    ),
    ReferenceValue(
        "accuracy/dcgans",
        "images of GANs are better to train on than drawn ones, by a twentieth",
        minimum=1.05,
        relative_to="accuracy/source",
        when=runs_with(**_WHOLE),
    ),
    ReferenceValue(
        "accuracy/dcgans",
        "but not as good as real ones: by 3%",
        maximum=0.97,
        relative_to="accuracy/real",
        when=runs_with(**_WHOLE),
    ),
    ReferenceValue(
        "accuracy/rich",
        "with a better drawer the accuracy of drawn images can rise: by 3%",
        minimum=1.03,
        relative_to="accuracy/source",
        when=runs_with(**_WHOLE),
    ),
    ReferenceValue(
        "accuracy/simgan",
        "outlook: refined images are better to train on than those they are made of, "
        "by 3%",
        minimum=1.03,
        relative_to="accuracy/source",
        when=runs_with(simgan_style="source", **_WHOLE),
    ),
)
