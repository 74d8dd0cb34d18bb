"""The report of features: test errors of linear classifiers, by number of labels."""

from collections.abc import Iterator

import keras
import numpy as np

from experiments.harness.report import RunReport, Sections, sections
from experiments.harness.results import cached
from ganzoo import plots
from ganzoo.metrics import linear_probe

ERRORS = "features.json"
MANY = 10_000  # number of labels from which one subset suffices


def representations(report: RunReport) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yields the name of each representation, its training and its test features."""
    sets = (report.data.train, report.data.test)
    yield "raw pixels", *(s.images.reshape(len(s), -1) / 255.0 for s in sets)
    trained = report.model.discriminator
    untrained = keras.models.clone_model(trained)  # with new weights
    for name, network in (
        ("untrained network", untrained),
        ("trained discriminator", trained),
    ):
        yield name, *(linear_probe.pooled_features(network, s.images) for s in sets)


def probe(report: RunReport) -> dict[str, dict[str, tuple[float, ...]]]:
    """Returns the test errors: representation -> number of labels -> errors."""
    config, train, test = report.config, report.data.train, report.data.test
    keras.utils.set_random_seed(config.seed + 1)  # for the untrained network
    found = {}
    for name, seen, tested in representations(report):
        found[name] = {}
        for count in config.label_counts:
            probed = linear_probe.linear_probe(
                seen,
                train.labels,
                tested,
                test.labels,
                labels=count,
                draws=1 if count >= MANY else config.draws,
                seed=config.seed,
            )
            found[name][str(count)] = probed.errors
    return found


def errors(report: RunReport) -> None:
    """Adds the test errors, computing them only once."""
    new = not (report.folder / ERRORS).exists()
    found = cached(report.folder / ERRORS, {}, lambda: probe(report))
    probes = {
        name: [
            linear_probe.Probe(int(count), tuple(values))
            for count, values in row.items()
        ]
        for name, row in found.items()
    }
    for name, row in probes.items() if new else ():
        for one in row:
            said = f"{one.mean:.2%} of the test images wrong"
            print(f"{name}, {one.labels} labels: {said}")
    report.heading("Test error of a linear classifier")
    report.table(
        [
            {"features": name}
            | {
                f"{one.labels:,} labels": sections.mean_and_spread(one.errors, "{:.2%}")
                for one in row
            }
            for name, row in probes.items()
        ]
    )
    test = report.data.test
    report.text(
        f"On {len(test):,} images of {test.name} {test.split}. Mean and standard "
        f"deviation over {report.config.draws} random subsets of labeled images (one "
        f"subset from {MANY:,} labels on). The features are the activations of all "
        "convolutions, max-pooled to 4x4 (Radford et al. 2016, section 5.1). The "
        "classifier is a linear support vector machine; its regularization is chosen "
        "by cross-validation on the labeled images. The discriminator was trained "
        "without labels."
    )
    plots.bars(
        report.figure("errors", "Test error by number of labels"),
        [f"{one.labels:,} labels" for one in next(iter(probes.values()))],
        {name: [one.mean for one in row] for name, row in probes.items()},
        title="Test error of a linear classifier",
        ylabel="fraction of test images",
    )


REPORT = Sections(
    lambda config, data: f"The features of a discriminator: {data.train.name}",
    (errors, sections.samples("Images by epoch"), sections.losses(first_pass=True)),
)
