"""simgan: refines drawn house numbers to look like real ones."""

import dataclasses

import numpy as np
from keras import KerasTensor

import ganzoo
from experiments import harness
from experiments.harness.report import RunReport, sections
from experiments.svhn_training_images import data as images
from experiments.svhn_training_images import pictures
from experiments.svhn_training_images.config import SHAPE, Simgan
from experiments.svhn_training_images.reference_values import REFERENCE_VALUES
from experiments.svhn_training_images.report import run_row
from experiments.svhn_training_images.zoo import zoo_entry
from ganzoo import data, networks, plots, runs
from ganzoo.files import read_rows
from ganzoo.runs import checkpoints

SMOKE = {
    "epochs": 2,
    "batch_size": 16,
    "train_images": 640,
    "drawn_images": 640,
    "width": 4,
    "discriminator_width": 4,
    "refiner_warm_up": 8,
    "discriminator_warm_up": 4,
    "show_steps": (1, 3),
}
_PART = 5000  # images refined at a time, which limits memory


@dataclasses.dataclass(frozen=True)
class Unpaired(harness.Data):
    """Real images, and drawn images to refine."""

    synthetic: data.ImageSet | None = None

    def batches(self, step: int = 0) -> object:
        """Returns unpaired batches of drawn and real images, from a train step on."""
        return data.unpaired_batches(
            self.synthetic,
            self.train,
            self.config.batch_size,
            seed=self.config.seed,
            start_step=step,
            batches=batches_per_step(self.config),
        )


def batches_per_step(config: Simgan) -> tuple[int, int]:
    """Returns the numbers of batches of drawn and of real images per train step."""
    return (
        config.refiner_steps + config.discriminator_steps,
        config.discriminator_steps,
    )


def load(config: Simgan) -> Unpaired:
    """Loads the real images and draws the house numbers."""
    return unpaired(config, images.load(config))


def unpaired(config: Simgan, real: harness.Data) -> Unpaired:
    """Draws the house numbers for real images that are already loaded."""
    drawn = data.draw_house_numbers(
        config.drawn_images, seed=config.seed, style=config.style, fonts=config.fonts
    )
    return Unpaired(config, real.train, real.test, drawn)


def refiner(config: Simgan) -> tuple[str, dict]:
    """Returns the name of the refiner's builder, and its arguments."""
    return "simgan_refiner", {"width": config.width, "blocks": config.blocks}


def build(config: Simgan) -> ganzoo.SimGAN:
    """Builds the refiner and the patch discriminator, and compiles the SimGAN."""
    gan = ganzoo.SimGAN(
        harness.network(refiner(config)),
        networks.simgan_discriminator(SHAPE, width=config.discriminator_width),
        regularization_weight=config.regularisation_weight,
        # Shrivastava et al. 2017, algorithm 1: K_g and K_d updates per step.
        refiner_steps=config.refiner_steps,
        discriminator_steps=config.discriminator_steps,
        refiner_warm_up=config.refiner_warm_up,
        discriminator_warm_up=config.discriminator_warm_up,
        history_capacity=config.history_capacity,
        ema_half_life=config.ema_half_life,
        seed=config.seed,
    )
    gan.compile(*config.optimizers(), loss=config.loss)
    return gan


def inputs(config: Simgan) -> tuple[KerasTensor, ...]:
    """Returns the inputs of a train step: drawn and real images."""
    return tuple(
        KerasTensor([config.batch_size * number, *SHAPE])
        for number in batches_per_step(config)
    )


def refine_some(folder: runs.Run, config: Simgan, loaded: Unpaired) -> list:
    """Returns the callback that shows pairs of drawn and refined images."""
    shown = images.first_of_each(loaded.synthetic, 2)

    def render(model: ganzoo.SimGAN) -> np.ndarray:
        after = refined(config, model, shown).images
        return plots.pairs(shown.images, after, columns=4)

    return [pictures.SaveGrids(folder, render, config.show_steps)]


def refined(
    config: Simgan, model: ganzoo.SimGAN, before: data.ImageSet
) -> data.ImageSet:
    """Refines images; the labels stay the same."""
    parts = []
    for start in range(0, len(before), _PART):
        part = data.to_float(before.images[start : start + _PART])
        parts.append(data.to_uint8(model.refine(part, average=config.average)))
    return dataclasses.replace(
        before,
        images=np.concatenate(parts),
        name=f"{before.name}, refined",
        split="generated",
    )


def sampled(config: Simgan, synthetic: data.ImageSet, real: str) -> data.ImageSet:
    """Refines house numbers with the trained refiner."""
    folder = runs.local(config.output)
    model = EXPERIMENT.build_model(config)
    checkpoints.load(model, checkpoints.of(folder)[-1])
    epochs = read_rows(folder / "history.csv")[-1]["epoch"]
    made = refined(config, model, synthetic)
    return dataclasses.replace(
        made, name=f"{made.name} to look like {real} (epoch {epochs})"
    )


def refined_images(report: RunReport) -> None:
    """Adds refined images by train step, and both domains."""
    config, last = report.config, report.epochs[-1]
    row = run_row(config, report.epochs)
    report.heading("Refined images")
    report.panels(
        "refined",
        "Drawn images, each with the refined image on its right, by train step",
        pictures.by_iteration(report.folder, config.show_steps),
    )
    report.table(
        [
            {
                "train steps": row["iterations"],
                "difference from the drawn image": f"{last['regularisation']:.3f}",
                "D(real)": row["D(real)"],
                "D(refined)": row["D(generated)"],
                "minutes": row["minutes"],
            }
        ]
    )
    domains = {"drawn": report.data.synthetic, "real": report.data.train}
    report.panels(
        "domains",
        "The images to refine, and the images they should look like",
        {name: pictures.by_class(images) for name, images in domains.items()},
        columns=2,
    )
    rounds = -(-config.refiner_warm_up // config.refiner_steps)
    alone = -(-config.discriminator_warm_up // config.discriminator_steps)
    report.text(
        f"In the first {rounds:,} train steps the refiner learns to leave images "
        f"unchanged; in the next {alone:,} only the discriminator learns."
    )


def regularization(report: RunReport) -> None:
    """Adds the difference between refined and drawn images by step."""
    report.curves(
        "regularisation",
        "Difference between refined and drawn images, by step",
        {"refiner": "regularisation"},
        x="step",
        title="Self-regularization",
        ylabel="mean absolute difference (of a range of 2)",
        smoothing=0.98,
    )


EXPERIMENT = harness.Experiment(
    config=Simgan,
    data=load,
    build=build,
    inputs=inputs,
    callbacks=refine_some,
    report=harness.Sections(
        lambda config, loaded: (
            f"SimGAN: drawn house numbers made to look like {loaded.train.name}"
        ),
        (refined_images, sections.losses(), regularization),
    ),
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    zoo={
        "svhn_refiner": zoo_entry(
            "SimGAN, a refiner of drawn digits to the likeness",
            refiner,
            lambda config: {"drawings": {"style": config.style}},
        )
    },
)
