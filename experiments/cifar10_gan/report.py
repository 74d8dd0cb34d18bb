"""The report of a GAN of CIFAR-10: the source's figures 15 to 21, and measures."""

import contextlib

import numpy as np

from experiments import sample_measures, sections
from experiments.cifar10_gan import likeness
from experiments.cifar10_gan.images import Images
from experiments.cifar10_gan.judge import Judge
from experiments.cifar10_gan.settings import MIDDLE, Config
from ganzoo import data, interpolation, plots, runs
from ganzoo.reports import Report

# After which the losses over the whole set are taken: the source's, and the first.
EPOCHS = (1, 10, 20, 50, 100, 200, 400, 500, 600, 700, 800, 900, 1000)
PLAYERS = {"discriminator": 17, "generator": 18}
MOST_ROWS = 24  # of the table of measures by epoch
SUMMARY = ("frechet_distance", "kernel_distance", "classifier_score", "precision")
SUMMARY += ("recall", "density", "coverage", "confident_share")


def write(
    folder: runs.Run, config: Config, game, sets: Images, judge: Judge | None
) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        game: Trained.
        sets: The images.
        judge: What the samples were looked at through, if anything.
    """
    report = Report(folder.path, title(config, sets))
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    weights = sections.weights_drawn(config.ema_half_life)
    final = None if judge is None else judge.final(folder, config, game, sets)
    last = int(epochs[-1]["epoch"])
    sections.samples(
        report,
        folder,
        sections.spread(last),
        heading=f"Figure 15: samples, up to epoch {last} (the source: 1000)",
        weights=weights,
    )
    if final is not None:
        _final(report, final, weights)
    _sums(report, epochs, steps)
    _whole_set(report, epochs)
    sections.losses(
        report, epochs, steps, heading="Losses of the steps", loss=config.loss
    )
    _time(report, epochs, steps, config)
    likeness.section(report, folder, config, game, sets, judge)
    _interpolations(report, config, game)
    measured = [row for row in epochs if "frechet_distance" in row]
    if final is not None and measured:
        sample_measures.section(
            report,
            measured,
            final["real"],
            final["card"],
            sets.train.class_names,
            weights,
            most=MOST_ROWS,
        )
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def title(config: Config, sets: Images) -> str:
    """Says which system it is, and of what it draws."""
    words = [config.architecture, config.loss, config.penalty]
    system = ", ".join(word.replace("_", " ") for word in words if word)
    return f"A GAN ({system}): {sets.train.name}"


def _final(report: Report, final: dict, weights: str) -> None:
    """Adds the measures after the last epoch, with their spread over the draws."""
    rows, real, card = final["rows"], final["real"], final["card"]
    report.heading("Measures at the end")
    table = {"generated": {}, sample_measures.FLOOR: {}}
    for key in SUMMARY:
        name, form = sample_measures.MEASURES[key]
        values = [row[key] for row in rows]
        table["generated"][name] = sections.mean_and_spread(values, form)
        table[sample_measures.FLOOR][name] = form.format(real[key])
    report.table([{"": images} | row for images, row in table.items()])
    report.text(
        f"By the generator's {weights} weights after step {final['step']:,}: mean and "
        f"standard deviation over {len(rows)} draws of {card['count']:,} samples, "
        f"against {card['reference_count']:,} images of {card['reference']}; extractor "
        f"`{card['extractor']}` (SHA-256 `{card['sha256'][:16]}...`). The source makes "
        "out cars, animals and a ship: confident is the share of samples that the "
        "extractor gives a class over 0.9; the classes are below. Only numbers "
        "with the same extractor, reference and count may stand beside these: they are "
        "no published Fréchet Inception distances."
    )


def _sums(report: Report, epochs: list[dict], steps: list[dict]) -> None:
    """Adds figure 16: both losses together, by step and over the whole set."""
    report.heading("Figure 16: sum of the losses")
    whole = [row for row in epochs if "whole_generator_loss" in row]
    for name, rows, prefix, x, when, smoothing in (
        ("sum_by_step", steps, "", "step", "by training step", 0.98),
        ("sum_whole", whole, "whole_", "epoch", "over the whole training set", 0.0),
    ):
        keys = [f"{prefix}{player}_loss" for player in PLAYERS]
        path = report.figure(name, f"Sum of both players' losses, {when}")
        plots.curves(
            path,
            [row[x] for row in rows],
            {"sum": [sum(row[key] for key in keys) for row in rows]},
            title=f"Sum of the losses {when}",
            xlabel=x,
            ylabel="loss",
            smoothing=smoothing,
        )


def _whole_set(report: Report, epochs: list[dict]) -> None:
    """Adds figures 17 and 18, and the numbers behind them."""
    report.heading("Figures 17 and 18: losses over the whole training set")
    rows = [row for row in epochs if "whole_generator_loss" in row]
    for player, number in PLAYERS.items():
        path = report.figure(
            f"whole_{player}", f"Figure {number}: {player}, over the whole training set"
        )
        plots.curves(
            path,
            [row["epoch"] for row in rows],
            {player: [row[f"whole_{player}_loss"] for row in rows]},
            title=f"Loss of the {player} over the whole training set",
            xlabel="epoch",
            ylabel="loss",
        )
    report.table(
        [
            {"epoch": f"{row['epoch']:.0f}"}
            | {player: f"{row[f'whole_{player}_loss']:.4f}" for player in PLAYERS}
            for row in rows
        ]
    )
    report.text(
        "Each is evaluated on all training images, with as many generated ones and "
        "both networks in inference mode. TensorBoard has the same numbers during the "
        "training, as `epoch/whole_...`."
    )


def _time(
    report: Report, epochs: list[dict], steps: list[dict], config: Config
) -> None:
    """Adds figure 19 and the throughput."""
    report.heading("Figure 19: examples processed against time")
    examples, hours = sections.examples_and_hours(epochs, config.examples_per_step)
    path = report.figure("examples_by_time", "Training images processed against time")
    plots.curves(
        path,
        [0.0, *hours],
        {"examples": [0, *examples]},
        title="Examples processed",
        xlabel="hours of training, samples and measures not counted",
        ylabel="training images",
    )
    sections.speed(report, epochs)


def _interpolations(report: Report, config: Config, game) -> None:
    """Adds figure 21: 8 rows of 8 images between points of the latent space."""

    def generate(points: np.ndarray) -> np.ndarray:
        return data.to_uint8(game.generator(points, training=False), MIDDLE)

    report.heading("Figure 21: latent interpolation")
    first, last = interpolation.ends(8, config.latent_dim)
    averaged = config.ema_half_life is not None
    with game.averaged_weights() if averaged else contextlib.nullcontext():
        for path in (interpolation.linear, interpolation.spherical):
            name = path.__name__
            where = report.figure(
                f"interpolation_{name}",
                f"16 latent points in 8 pairs, the ends of the rows, and 6 between "
                f"({name})",
            )
            grid = interpolation.picture(generate, first, last, path=path)
            plots.save_image(where, grid, scale=3)
