"""The report's claims about its images, as bounds on the numbers of a run."""

from experiments.harness import ReferenceValue, runs_with

_DCGAN = runs_with(20, architecture="dcgan", loss="non_saturating")
REFERENCE_VALUES = (
    ReferenceValue(
        "dcgan/last/frechet_distance",
        "DC-GAN is much better than MLP-GAN: at most three quarters of its distance",
        maximum=0.75,
        relative_to="mlp/last/frechet_distance",
        when=runs_with(20),
    ),
    ReferenceValue(
        "final/confident_share",
        "cars, animals and a ship can be made out among DC-GAN's images: the "
        "classifier is sure of one in ten",
        minimum=0.1,
        when=_DCGAN,
    ),
    ReferenceValue(
        "final/classifier_score",
        "cars, animals and a ship can be made out: objects of several classes, with a "
        "classifier score of at least 2, where noise and a single class have 1",
        minimum=2.0,
        when=_DCGAN,
    ),
)
