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
    """Adds pictures of images mapped to the other domain and back."""
    last = report.last_epoch
    report.text(f"Generators: {report.config.generator} (see `--help`).")
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
    found = sections.formatted(last, SCORES)
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


REPORT = Sections(
    lambda config, data: f"DiscoGAN: two domains of {data.train.name}",
    (mapping, scores, sections.losses(), reconstruction),
)
