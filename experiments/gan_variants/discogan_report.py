"""The report of discogan: pictures of the mapping, and its scores."""

from experiments import sections
from ganzoo import data, plots
from ganzoo.reports import Report
from ganzoo.runs import Run

SCORES = {
    "ab_accuracy": ("A to B: read as the source's digit when turned back", "{:.1%}"),
    "ab_accuracy_unturned": ("A to B: read so without turning", "{:.1%}"),
    "ab_one_hue": ("A to B: of one saturated hue", "{:.1%}"),
    "ab_hue_divergence": ("A to B: KL of the hues to uniform (nats)", "{:.3f}"),
    "ab_hue_information": ("A to B: information of hue and digit (nats)", "{:.3f}"),
    "ba_accuracy": ("B to A: read as the source's digit", "{:.1%}"),
    "ba_accuracy_turned": ("B to A: read so after turning", "{:.1%}"),
    "ba_grey": ("B to A: without colour", "{:.1%}"),
    "bab_hue_error": ("B to A to B: median error of the hue (degrees)", "{:.1f}"),
    "bab_hue_kept": ("B to A to B: hue within 30 degrees", "{:.1%}"),
    "ab_shape_error": ("A to B: mean error of a pixel's brightness", "{:.3f}"),
    "ba_shape_error": ("B to A: mean error of a pixel's brightness", "{:.3f}"),
}


def write(folder: Run, config, digits: data.ImageSet, pairs: data.Pairs) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        digits: What the domains were made of.
        pairs: The held-out pairs.
    """
    report = Report(folder.path, f"DiscoGAN: two domains of {digits.name}")
    report.text(f"Generators: {config.generator} (see `--help`).")
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    _pictures(report, folder, epochs)
    _scores(report, epochs, digits, pairs)
    sections.losses(report, epochs, steps, heading="Losses", loss=config.loss)
    path = report.figure("reconstruction", "Mean square error of the way back")
    plots.curves(
        path,
        [row["step"] for row in steps],
        {
            f"{way}": [row[f"reconstruction_{name}"] for row in steps]
            for way, name in (("A to B to A", "a"), ("B to A to B", "b"))
        },
        title="Reconstruction",
        xlabel="step",
        ylabel="mean square error",
        smoothing=0.98,
        log_y=True,
    )
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def _pictures(report: Report, folder: Run, epochs: list[dict]) -> None:
    drawn = folder.path / "samples"
    last = int(epochs[-1]["epoch"])
    report.heading("The mapping, found without pairs")
    report.text(
        "Domain A: upright grey digits. Domain B: digits turned by 90 degrees to the "
        "left, each in a hue drawn at random. The domains were made of disjoint halves "
        "of the training images; the images here are test images."
    )
    path = report.figure(
        "mapping",
        "By row: A, mapped to B, and back to A; B, mapped to A, and back to B "
        f"(epoch {last})",
    )
    plots.save_image(path, sections.picture(drawn / f"epoch_{last:04d}.png"))
    path = report.figure("truth", "The true pairs: A above its counterpart in B")
    plots.save_image(path, sections.picture(drawn / "reals.png"))
    shown = sections.spread(last, 4)
    path = report.figure("epochs", "The same rows by epoch")
    grids = {
        f"epoch {epoch}": sections.picture(drawn / f"epoch_{epoch:04d}.png")
        for epoch in shown
    }
    plots.panels(path, grids, columns=2)


def _scores(report: Report, epochs: list[dict], digits, pairs: data.Pairs) -> None:
    report.heading("Scores on held-out pairs")
    last = epochs[-1]
    report.table(
        [
            {"": title, "ours": form.format(last[key])}
            for key, (title, form) in SCORES.items()
        ]
    )
    report.text(
        f"{len(pairs):,} images of {pairs.a.name} {pairs.a.split}, read by the shipped "
        "MNIST classifier, which reads a turned digit as another one or not at all. No "
        "hue is the right one for an image of A: right is one saturated hue, all hues "
        "over all images, and none that goes with a digit. For an image of B that went "
        "to A and back its own hue is the right one; drawn at random, it would be off "
        "by 90 degrees in the median, and within 30 in 16.7%."
    )
    path = report.figure("accuracy", "Accuracy of the mapping by epoch")
    plots.curves(
        path,
        [row["epoch"] for row in epochs],
        {
            "A to B": [row["ab_accuracy"] for row in epochs],
            "B to A": [row["ba_accuracy"] for row in epochs],
        },
        title="Read as the source's digit",
        xlabel="epoch",
        ylabel="share of held-out images",
        lines={"asked for": 0.9},
    )
