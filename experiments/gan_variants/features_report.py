"""The report of features: test errors of linear classifiers, by number of labels."""

from collections.abc import Iterator

import keras
import numpy as np

from experiments import sections
from ganzoo import data, plots
from ganzoo.files import kept_json, write_json
from ganzoo.metrics import linear_probe
from ganzoo.reports import Report
from ganzoo.runs import Run

MANY = 10_000  # labels from which one draw tells enough


def write(
    folder: Run,
    config,
    discriminator: keras.Model,
    train: data.ImageSet,
    test: data.ImageSet,
) -> None:
    """Writes report.md and its figures; what was probed before is not probed again.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        discriminator: The trained one.
        train: Images to draw labelled ones from.
        test: Images to test on.
    """
    report = Report(folder.path, f"The features of a discriminator: {train.name}")
    errors = _errors(folder, config, discriminator, train, test)
    _table(report, errors, config, test)
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    sections.samples(
        report,
        folder,
        sections.spread(int(epochs[-1]["epoch"])),
        heading="Images by epoch",
        weights=sections.weights_drawn(config.ema_half_life),
    )
    sections.losses(
        report, epochs, steps, heading="Losses", loss=config.loss, first_pass=True
    )
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def representations(
    config, discriminator: keras.Model, train: data.ImageSet, test: data.ImageSet
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yields each representation's name and its features of both sets."""
    yield "raw pixels", *(s.images.reshape(len(s), -1) / 255.0 for s in (train, test))
    fresh = keras.models.clone_model(discriminator)  # with new weights
    for name, network in (
        ("untrained network", fresh),
        ("trained discriminator", discriminator),
    ):
        yield (
            name,
            *(linear_probe.pooled_features(network, s.images) for s in (train, test)),
        )


def _errors(folder, config, discriminator, train, test) -> dict:
    """Returns representation -> labels -> errors, kept in features.json."""
    path = folder.path / "features.json"
    done = kept_json(path)
    if done:
        return done
    keras.utils.set_random_seed(config.seed + 1)  # of the untrained network
    said = []
    for name, seen, tested in representations(config, discriminator, train, test):
        done[name] = {}
        for count in config.label_counts:
            probe = linear_probe.linear_probe(
                seen,
                train.labels,
                tested,
                test.labels,
                labels=count,
                draws=1 if count >= MANY else config.draws,
                seed=config.seed,
            )
            done[name][str(count)] = probe.errors
            said.append(f"{name}, {count} labels: {probe.mean:.2%} of the test images")
    write_json(path, done, sealed=True)
    print(*(f"{line} wrong" for line in said), sep="\n")
    return done


def _table(report: Report, errors: dict, config, test: data.ImageSet) -> None:
    probes = {
        name: [
            linear_probe.Probe(int(count), tuple(values))
            for count, values in row.items()
        ]
        for name, row in errors.items()
    }
    report.heading("Test error of a linear classifier")
    report.table(
        [
            {"features": name}
            | {
                f"{probe.labels:,} labels": f"{probe.mean:.2%}"
                + (f" ± {probe.spread:.2%}" if len(probe.errors) > 1 else "")
                for probe in row
            }
            for name, row in probes.items()
        ]
    )
    report.text(
        f"On {len(test):,} images of {test.name} {test.split}. Mean and standard "
        f"deviation over {config.draws} draws of the labelled images, one draw from "
        f"{MANY:,} labels on. The features: all convolutions after their activation, "
        "max-pooled to 4x4 (Radford et al. 2016, section 5.1); the classifier: a "
        "linear support vector machine, its regularisation chosen by cross-validation "
        "among the labelled images. The discriminator was trained without labels."
    )
    counts = [probe.labels for probe in next(iter(probes.values()))]
    path = report.figure("errors", "Test error by number of labels")
    plots.bars(
        path,
        [f"{count:,} labels" for count in counts],
        {name: [probe.mean for probe in row] for name, row in probes.items()},
        title="Test error of a linear classifier",
        ylabel="share of test images",
    )
