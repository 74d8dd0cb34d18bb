"""The report of discogan: pictures of the mapping, and its scores."""

from experiments.harness.report import RunReport, Sections, sections

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


def mapping(report: RunReport) -> None:
    """Adds pictures of the mapping, there and back."""
    last = report.last_epoch
    report.text(f"Generators: {report.config.generator} (see `--help`).")
    report.heading("The mapping, found without pairs")
    report.text(
        "Domain A: upright gray digits. Domain B: digits turned by 90 degrees to the "
        "left, each in a hue sampled at random. The domains were made of disjoint "
        "halves of the training images; the images here are test images."
    )
    caption = "By row: A, mapped to B, and back to A; B, mapped to A, and back to B"
    image = report.grid(f"epoch_{last:04d}")
    report.image("mapping", f"{caption} (epoch {last})", image)
    caption = "The true pairs: A above its counterpart in B"
    report.image("truth", caption, report.grid("reals"))
    grids = report.epoch_grids(report.epochs_spread(4))
    report.panels("epochs", "The same rows by epoch", grids, columns=2)


def scores(report: RunReport) -> None:
    """Adds how often held-out images are mapped right."""
    pairs, last = report.data.pairs, report.epochs[-1]
    report.heading("Scores on held-out pairs")
    found = sections.formatted(last, SCORES)
    report.table([{"": title, "ours": value} for title, value in found.items()])
    report.text(
        f"{len(pairs):,} images of {pairs.a.name} {pairs.a.split}, read by the shipped "
        "MNIST classifier, which reads a turned digit as another one or not at all. No "
        "hue is the right one for an image of A: right is one saturated hue, all hues "
        "over all images, and none that goes with a digit. For an image of B that went "
        "to A and back its own hue is the right one; sampled at random, it would be "
        "off by 90 degrees in the median, and within 30 in 16.7%."
    )
    report.curves(
        "accuracy",
        "Accuracy of the mapping by epoch",
        {"A to B": "ab_accuracy", "B to A": "ba_accuracy"},
        title="Read as the source's digit",
        ylabel="fraction of held-out images",
        lines={"asked for": 0.9},
    )


def reconstruction(report: RunReport) -> None:
    """Adds the error of the way back by step."""
    report.curves(
        "reconstruction",
        "Mean square error of the way back",
        {"A to B to A": "reconstruction_a", "B to A to B": "reconstruction_b"},
        x="step",
        title="Reconstruction",
        ylabel="mean square error",
        smoothing=0.98,
        log_y=True,
    )


REPORT = Sections(
    lambda config, data: f"DiscoGAN: two domains of {data.train.name}",
    (mapping, scores, sections.losses(), reconstruction),
)
