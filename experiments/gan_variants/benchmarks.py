"""The benchmarks of the command compare."""

from pathlib import Path

from experiments import harness
from experiments.gan_variants import digits, infogan, ring, stacked
from experiments.gan_variants.compare_config import VARIANTS, Compare
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import compare

BENCHMARKS = {
    "digits": harness.Benchmark(
        "digits",
        digits.DIGITS,
        VARIANTS["digits"],
        {
            "Fréchet distance": ("frechet_distance", "{:.2f}"),
            "KL of the classes": ("class_divergence", "{:.3f}"),
            "near-duplicates": ("duplicate_share", "{:.2%}"),
        },
    ),
    "ring": harness.Benchmark(
        "ring",
        ring.EXPERIMENT,
        VARIANTS["ring"],
        {
            "modes, of 8": ("modes", "{:.1f}"),
            "high quality": ("high_quality", "{:.1%}"),
        },
        {
            name + speed: {"modes, of 8": modes, "high quality": quality}
            for speed in ("", "-slow")
            for name, modes, quality in (
                ("gan", "1", "99.3%"),
                ("unrolled-5", "7.6", "35.6%"),
            )
        },
        "GAN and unrolled GAN as measured by Srivastava et al. 2017 (VEEGAN), table 1; "
        "VEEGAN itself: 8 modes, 52.9%. Lin et al. 2018 (PacGAN) measure 6.3 modes for "
        "a GAN. Variants named slow have the learning rate of Metz et al. 2017, 1e-4, "
        "the others 1e-3; everything else is the same.",
    ),
    "stacked": harness.Benchmark(
        "stacked",
        stacked.EXPERIMENT,
        VARIANTS["stacked"],
        {
            "modes, of 1,000": ("modes", "{:.0f}"),
            "modes of all images": ("modes_of_all", "{:.0f}"),
            "clear": ("confident_share", "{:.1%}"),
            "KL (nats)": ("mode_divergence", "{:.3f}"),
        },
        {
            name: {"modes of all images": modes, "KL (nats)": divergence}
            for name, modes, divergence in (
                ("gan", "30.6", "5.99"),
                ("unrolled-1", "65.4", "5.91"),
                ("unrolled-5", "236.4", "4.67"),
                ("unrolled-10", "327.2", "4.66"),
            )
        },
        "Metz et al. 2017, table 1, with a discriminator a quarter of the generator's "
        "size, as in all variants here but `large`, `wgan-gp` and `relativistic-r1`, "
        "and learning rates of 1e-4 for both networks. Its KL is from the data, ours "
        "from uniform. Published are the modes of all images, however unclear; ours "
        "are of clear images, whose three digits the classifier gives over 0.9. Lin et "
        "al. 2018 (PacGAN) train 500,000 steps in that setting.",
    ),
    "infogan": harness.Benchmark(
        "infogan",
        infogan.EXPERIMENT,
        VARIANTS["infogan"],
        {
            "purity": ("purity", "{:.1%}"),
            "Fréchet distance": ("frechet_distance", "{:.2f}"),
            "confident": ("confident_share", "{:.1%}"),
        },
        published_in="Chen et al. 2016, section 7.2, an error of 5% with the code as a "
        "classifier. In training, `distorted` predicts the code from distorted images, "
        "and `undistorted`, as in the paper, from the images themselves.",
    ),
}


def run(config: Compare) -> Path:
    """Runs all variants and writes one report; see `harness.compare.run`."""
    config.check_values()
    return compare.run(config, BENCHMARKS[config.bed], config.folder)


COMPARE = harness.Command(
    config=Compare, function=run, reference_values=REFERENCE_VALUES
)
