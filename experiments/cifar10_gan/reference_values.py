"""The report's claims about its images, as bounds on the numbers of a run."""

from experiments.harness import ReferenceValue, runs_with

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
        when=runs_with(20, architecture="dcgan", loss="non_saturating"),
    ),
)
