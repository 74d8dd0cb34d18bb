"""DiscoGAN: two generators and two discriminators, trained with reconstruction."""

import dataclasses

import tensorflow as tf

import ganzoo
from experiments import harness
from experiments.gan_variants.discogan.config import GENERATORS, SMOKE, Discogan
from experiments.gan_variants.discogan.report import REPORT
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import data as loading
from ganzoo import callbacks, data, metrics, networks, runs

SHAPE = (28, 28, 3)


@dataclasses.dataclass(frozen=True)
class Domains(harness.Data):
    """Two domains made of disjoint halves of the digits, and held-out true pairs.

    Attributes:
        domains: Upright gray digits, and rotated colored digits.
        pairs: Test digits in both domains.
    """

    domains: tuple = ()
    pairs: data.Pairs | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Train steps per pass over one domain."""
        return data.steps_per_epoch(len(self.domains[0]), self.config.batch_size)

    def batches(self, step: int = 0) -> tf.data.Dataset:
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


def inputs(config: Discogan) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    """Returns the inputs of a train step: a batch of each domain."""
    domain = tf.TensorSpec([config.batch_size, *SHAPE], tf.float32)
    return domain, domain


def translate_and_score(folder: runs.Run, config: Discogan, data: Domains) -> list:
    """Returns the callbacks that picture and score the mapping after epochs."""
    classifier = metrics.load_classifier("mnist")
    return [
        callbacks.Translations(folder, data.pairs, count=config.sample_count),
        callbacks.ScoreTranslation(folder, classifier, data.pairs),
    ]


EXPERIMENT = harness.Experiment(
    config=Discogan,
    data=load,
    build=build,
    inputs=inputs,
    callbacks=translate_and_score,
    report=REPORT,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    tolerances={
        "ab_accuracy": harness.Tolerance(1, 0.0, 0.02),
        "ba_accuracy": harness.Tolerance(1, 0.0, 0.02),
        "ab_one_hue": harness.Tolerance(1, 0.0, 0.05),
        "bab_hue_kept": harness.Tolerance(1, 0.0, 0.1),
    },
    readme=(
        harness.Row(
            "gan_variants discogan",
            "GAN variants: DiscoGAN",
            "pairs found without pairs; not measured",
            "MNIST, turned and colored: {discogan|last/ab_accuracy|.1%} and "
            "{discogan|last/ba_accuracy|.1%} of the "
            "digits kept, there and back",
        ),
    ),
)
