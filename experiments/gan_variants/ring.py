"""ring: a mixture of Gaussians in the plane, with a known number of modes."""

import functools

import numpy as np

import ganzoo
from experiments import harness
from experiments.gan_variants.config import Ring
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import sampling
from experiments.harness.report import RunReport, sections
from ganzoo import callbacks, data, metrics, networks, plots, runs
from ganzoo.files import read_json

MIXTURES = {"ring": data.ring, "grid": data.grid}
CLOUDS = 6  # in the figure, as in Metz et al. 2017, figure 2


def load(config: Ring) -> harness.EpochStepsData:
    """Returns the mixture of Gaussians that batches are sampled from."""
    return harness.EpochStepsData(config, MIXTURES[config.dataset]())


def build(config: Ring) -> ganzoo.GAN:
    """Builds the dense networks of Metz et al. 2017, and compiles the GAN."""
    return variant(
        config,
        networks.point_generator(config.latent_dim),
        networks.point_discriminator(
            num_kernels=config.similarities, packing=config.packing
        ),
    )


def count_modes(folder: runs.Run, config: Ring, data: harness.EpochStepsData) -> list:
    """Returns the callbacks that sample points and count modes after epochs."""
    mixture = data.train
    count = functools.partial(metrics.point_modes, mixture=mixture)
    return [
        callbacks.PointClouds(folder, mixture.centers, average=config.average),
        sampling.modes(folder, config, data, count),
    ]


def points(report: RunReport) -> None:
    """Adds generated points by step."""
    mixture = report.data.train
    steps = {int(row["epoch"]): f"step {row['step']:,.0f}" for row in report.epochs}
    samples = report.folder / "samples"
    clouds = {
        steps[epoch]: np.load(samples / f"epoch_{epoch:04d}.npy")
        for epoch in report.epochs_spread(CLOUDS - 1)
        if (samples / f"epoch_{epoch:04d}.npy").exists()
    }
    clouds["data"], _ = mixture.sample(max([1000, *map(len, clouds.values())]))
    report.heading("Points from fixed noise")
    path = report.figure("clouds", "Generated points by step; last: the data")
    plots.clouds(path, clouds, centers=mixture.centers, columns=CLOUDS)


def modes(report: RunReport) -> None:
    """Adds the number of modes covered, at the end and by step."""
    mixture, weights = report.data.train, report.config.weights
    card = read_json(report.folder / "modes.json")[weights][0]["card"]
    floor = metrics.point_modes(mixture.sample(card["count"])[0], mixture)
    last = report.epochs[-1]
    columns = {
        "modes": (f"modes, of {len(mixture)}", "{:.0f}"),
        "high_quality": ("high quality", "{:.1%}"),
    }
    report.heading("Modes covered")
    generated = f"generated, step {last['step']:,.0f}"
    report.rows({generated: last, "the data": floor.scalars()}, columns)
    report.text(
        f"{card['count']:,} points by the generator's {weights} weights. A point is of "
        f"high quality within {card['standard_deviations']:g} standard deviations of a "
        "mode. A mode is covered if it is the nearest mode of at least one such point "
        "(Srivastava et al. 2017)."
    )
    for key, title, ylabel in (
        ("modes", "Modes covered", f"modes, of {len(mixture)}"),
        ("high_quality", "High quality", "fraction of the points"),
    ):
        raw = {"raw weights": f"raw_{key}"} if f"raw_{key}" in last else {}
        report.curves(
            key,
            f"{title} by step",
            {f"{weights} weights": key} | raw,
            rows=report.epochs,
            x="step",
            title=title,
            ylabel=ylabel,
            lines={"data": getattr(floor, key)},
        )


EXPERIMENT = harness.Experiment(
    config=Ring,
    data=load,
    build=build,
    inputs=harness.images_of(2),
    callbacks=count_modes,
    report=harness.Sections(
        lambda config, data: f"Modes of a {data.train.name}",
        (points, modes, sections.losses()),
    ),
    smoke={"epochs": 2, "epoch_steps": 20, "measure_samples": 500},
    reference_values=REFERENCE_VALUES,
    readme=harness.Row(
        "gan_variants compare --bed ring",
        "GAN variants: unrolled, 8 Gaussians on a ring",
        "on the slides unrolling failed; VEEGAN's authors (Srivastava et al. 2017): "
        "unrolled 7.6 modes, 36% of the points in one; plain 1 and 99%",
        "unrolled by 5: {ring.unrolled-5|last/modes|.0f} modes, "
        "{ring.unrolled-5|last/high_quality|.0%} of the points in one; plain: "
        "{ring.gan|last/modes|.0f}",
    ),
)
