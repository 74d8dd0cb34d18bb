"""discogan: maps upright gray digits and rotated colored digits onto each other."""

import dataclasses

from keras import KerasTensor

import ganzoo
from experiments import harness
from experiments.gan_variants.config import GENERATORS, Discogan
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import data as loading
from experiments.harness.report import RunReport, formatted, sections
from ganzoo import callbacks, data, metrics, networks, runs

SHAPE = (28, 28, 3)
SYMMETRIC = (
    "This is easier than the paper's task. Its generators have a bottleneck and must "
    "find any mapping; these choose among the eight symmetries of the square, of which "
    "the true rotation is one, and repaint the image. The paper's weight of the "
    "reconstruction is 1. With its generators and weight, 11% and 10% of the digits "
    "were kept, there and back, which is chance (one seed, not kept)."
)
SCORES = {
    "ab_accuracy": ("A to B: read as the source's digit when turned back", "{:.1%}"),
    "ab_accuracy_unturned": ("A to B: read so without turning", "{:.1%}"),
    "ab_one_hue": ("A to B: of one saturated hue", "{:.1%}"),
    "ab_hue_divergence": ("A to B: KL of the hues to uniform (nats)", "{:.3f}"),
    "ab_hue_information": ("A to B: information of hue and digit (nats)", "{:.3f}"),
    "ba_accuracy": ("B to A: read as the source's digit", "{:.1%}"),
    "ba_accuracy_turned": ("B to A: read so after turning", "{:.1%}"),
    "ba_grey": ("B to A: without color", "{:.1%}"),
    "bab_hue_error": ("B to A to B: median error of the hue (degrees)", "{:.1f}"),
    "bab_hue_kept": ("B to A to B: hue within 30 degrees", "{:.1%}"),
    "ab_shape_error": ("A to B: mean error of a pixel's brightness", "{:.3f}"),
    "ba_shape_error": ("B to A: mean error of a pixel's brightness", "{:.3f}"),
}


@dataclasses.dataclass(frozen=True)
class Domains(harness.Data):
    """Two domains made of disjoint halves of the digits, and held-out true pairs."""

    domains: tuple = ()
    pairs: data.Pairs | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Train steps per pass over one domain."""
        return data.steps_per_epoch(len(self.domains[0]), self.config.batch_size)

    def batches(self, step: int = 0) -> object:
        """Returns unpaired batches of both domains, starting at a train step."""
        return data.unpaired_batches(
            *self.domains,
            self.config.batch_size,
            seed=self.config.seed,
            start_step=step,
        )


def load(config: Discogan) -> Domains:
    """Makes the domains from the training digits, and pairs from the test digits."""
    gray = (*SHAPE[:2], 1)
    digits = loading.images_and_test(config, gray)
    test = loading.first(digits.test, min(config.measure_samples, len(digits.test)))
    return Domains(
        config,
        digits.train,
        test,
        domains=data.unpaired_domains(digits.train, seed=config.seed),
        pairs=data.held_out_pairs(test, seed=config.seed),
    )


def build(config: Discogan) -> ganzoo.DiscoGAN:
    """Builds two generators and two discriminators, and compiles the DiscoGAN."""
    generator = getattr(networks, GENERATORS[config.generator])
    gan = ganzoo.DiscoGAN(
        *(generator(SHAPE, width=config.width) for _ in "ab"),
        *(networks.discogan_discriminator(SHAPE, width=config.width) for _ in "ab"),
        # Kim et al. 2017, equation 5: the adversarial losses plus the reconstruction.
        reconstruction_weight=config.reconstruction_weight,
        seed=config.seed,
    )
    gan.compile(*config.optimizers(), loss=config.loss)
    return gan


def inputs(config: Discogan) -> tuple[KerasTensor, KerasTensor]:
    """Returns the inputs of a train step: a batch of each domain."""
    domain = KerasTensor([config.batch_size, *SHAPE])
    return domain, domain


def translate_and_score(folder: runs.Run, config: Discogan, data: Domains) -> list:
    """Returns the callbacks that picture and score the mapping after epochs."""
    classifier = metrics.load_classifier("mnist")
    return [
        callbacks.Translations(folder, data.pairs, count=config.sample_count),
        callbacks.ScoreTranslation(folder, classifier, data.pairs),
    ]


def mapping(report: RunReport) -> None:
    """Adds pictures of images mapped to the other domain and back."""
    last = report.last_epoch
    report.text(
        f"Generators: {report.config.generator} (see `--help`). Weight of the "
        f"reconstruction: {report.config.reconstruction_weight:g}."
    )
    if report.config.generator == "symmetric":
        report.text(SYMMETRIC)
    report.heading("The mapping, found without pairs")
    report.text(
        "Domain A: upright gray digits. Domain B: digits rotated by 90 degrees to the "
        "left, each in a random hue. The domains are made of disjoint halves of the "
        "training images; the images shown here are test images."
    )
    caption = "By row: A, mapped to B, and back to A; B, mapped to A, and back to B"
    image = report.grid(f"epoch_{last:04d}")
    report.image("mapping", f"{caption} (epoch {last})", image)
    caption = "The true pairs: A above its counterpart in B"
    report.image("truth", caption, report.grid("reals"))
    grids = report.epoch_grids(report.epochs_spread(4))
    report.panels("epochs", "The same rows by epoch", grids, columns=2)


def scores(report: RunReport) -> None:
    """Adds the scores of the mapping on held-out images."""
    pairs, last = report.data.pairs, report.epochs[-1]
    report.heading("Scores on held-out pairs")
    found = formatted(last, SCORES)
    report.table([{"": title, "ours": value} for title, value in found.items()])
    report.text(
        f"{len(pairs):,} images of {pairs.a.name} {pairs.a.split}, classified by the "
        "shipped MNIST classifier, which does not recognize rotated digits. An image "
        "of A has no correct hue: a good mapping gives it one saturated hue, uses all "
        "hues over all images, and makes the hue independent of the digit. An image "
        "of B that is mapped to A and back should keep its hue; a random hue would "
        "have a median error of 90 degrees, and be within 30 degrees for 16.7% of "
        "images."
    )
    report.curves(
        "accuracy",
        "Accuracy of the mapping by epoch",
        {"A to B": "ab_accuracy", "B to A": "ba_accuracy"},
        title="Read as the source's digit",
        ylabel="fraction of held-out images",
        lines={"target": 0.9},
    )


def reconstruction(report: RunReport) -> None:
    """Adds the reconstruction error by step."""
    report.curves(
        "reconstruction",
        "Mean square error of the reconstruction",
        {"A to B to A": "reconstruction_a", "B to A to B": "reconstruction_b"},
        x="step",
        title="Reconstruction",
        ylabel="mean square error",
        smoothing=0.98,
        log_y=True,
    )


EXPERIMENT = harness.Experiment(
    config=Discogan,
    data=load,
    build=build,
    inputs=inputs,
    callbacks=translate_and_score,
    report=harness.Sections(
        lambda config, data: f"DiscoGAN: two domains of {data.train.name}",
        (mapping, scores, sections.losses(), reconstruction),
    ),
    smoke={
        "epochs": 2,
        "batch_size": 32,
        "train_images": 320,
        "measure_samples": 200,
        "width": 8,
    },
    reference_values=REFERENCE_VALUES,
    tolerances={
        "ab_accuracy": harness.Tolerance(1, 0.0, 0.02),
        "ba_accuracy": harness.Tolerance(1, 0.0, 0.02),
        "ab_one_hue": harness.Tolerance(1, 0.0, 0.05),
        "bab_hue_kept": harness.Tolerance(1, 0.0, 0.1),
    },
    readme=harness.Row(
        "gan_variants discogan",
        "GAN variants: DiscoGAN",
        "only named on the slides; Kim et al. 2017: pairs found without pairs, not of "
        "digits",
        "MNIST, turned and colored: {discogan|last/ab_accuracy|.1%} and "
        "{discogan|last/ba_accuracy|.1%} of the digits kept, there and back, by our "
        "generators, which choose among eight symmetries, at reconstruction weight "
        "{discogan|reconstruction_weight|.0f}; the paper's generators, at weight 1: "
        "11% and 10% (not kept)",
    ),
)
