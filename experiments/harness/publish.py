"""Publishes a finished run; see `experiments.publish`."""

import contextlib
import dataclasses
import shutil
from pathlib import Path
from typing import Any

import keras

from experiments.harness import (
    discover,
    generators,
    pages,
    results,
    validation,
    webp,
)
from experiments.harness.data import Data
from experiments.harness.experiment import Experiment, ZooEntry
from experiments.harness.publish_config import Config
from ganzoo import data, distribute, files, metrics, runs, zoo
from ganzoo.runs import checkpoints, reports
from ganzoo.zoo import catalog


def publish(config: Config) -> None:
    """Copies the report, fills in its summary and, if asked, adds to the zoo.

    Raises:
        ValueError: The run is not finished, or its kind is unknown to the zoo.
    """
    folder = Path(config.run)
    entries = discover.zoo_entries()
    if config.zoo is not None:
        validation.one_of(config, "kind", tuple(entries))
    config.check_run()
    target = Path("reports") / config.name
    shutil.rmtree(target, ignore_errors=True)
    webp.copy_figures(folder / "figures", target / "figures")
    text = (folder / "report.md").read_text(encoding="utf-8")
    (target / "report.md").write_text(webp.refer(text), encoding="utf-8")
    results.publish(folder, target, [one.results for one in discover.commands()])
    # An experiment's own summary is used only for the report that has its name.
    known = config.name == config.kind and config.kind in entries
    summary = entries[config.kind][0].summary if known else pages.excerpt
    pages.fill_in(config.name, webp.refer(summary(folder, target)))
    if config.zoo is not None:
        add_to_zoo(config, *entries[config.kind], folder)


def add_to_zoo(
    config: Config, experiment: Experiment, entry: ZooEntry, folder: Path
) -> None:
    """Stores the generator of the last checkpoint, and measures the stored weights."""
    fields = runs.read_json(folder / "config.json")
    # JSON has no tuples.
    settings = experiment.config(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    )
    loaded = experiment.data(settings)
    train, reference = entry.images(loaded)
    model = experiment.build_model(settings, distribute.strategy("cpu"), loaded)
    checkpoints.load(model, checkpoints.of(folder)[-1])
    builder, arguments = entry.network(settings, **loaded.model_arguments)
    card = {
        "title": f"{entry.title} of {train.name}, {int(model.step):,} steps",
        "network": f"ganzoo.networks.{builder}",
        "latent_dim": arguments.get("latent_dim"),
    } | _training(folder, settings, train, int(model.step))
    card |= generators.classes(model, loaded)
    card |= {"known_faults": config.faults} | entry.card(settings)
    if entry.zero_level != data.PIXEL_OFFSET:
        card["pixel_offset"] = entry.zero_level
    with model.averaged_weights() if settings.average else contextlib.nullcontext():
        zoo.add(
            config.zoo,
            *model.generators,
            builder,
            arguments,
            card,
            discriminator=_discriminator(entry, settings, model, loaded),
        )
    if entry.measure is not None:
        measured = entry.measure(config.zoo, settings)
    else:
        measured = measure(config.zoo, settings.measure_samples, entry, reference)
    path = catalog.FOLDER / f"{config.zoo}.json"
    runs.write_json(path, runs.read_json(path) | {"measures": measured})


def _discriminator(
    entry: ZooEntry, settings: Any, model: keras.Model, loaded: Data
) -> tuple[keras.Model, str, dict] | None:
    """Returns the discriminator, its builder and arguments, if the zoo keeps it."""
    if entry.discriminator is None:
        return None
    named = entry.discriminator(settings, **loaded.model_arguments)
    return model.discriminator, *named


def _training(folder: Path, settings: Any, train: data.ImageSet, step: int) -> dict:
    """Returns the entries of a generator's card that describe its training."""
    manifest = runs.read_json(folder / "manifest.json")
    start = manifest["starts"][0]
    fields = dataclasses.asdict(settings)
    rows = files.read_rows(folder / "history.csv")
    return {
        "data": {
            "name": train.name,
            "split": train.split,
            "images": len(train),
            "fingerprint": train.fingerprint,
        },
        "command": reports.shown_command(manifest.get("command", start["command"])),
        "config": {k: v for k, v in fields.items() if k not in ("output", "data_dir")},
        "weights": settings.weights,
        "step": step,
        "images_seen": step * settings.images_per_step,
        "trained_on": {k: v for k, v in start.items() if k != "command"},
        # The sum over all starts of the run.
        "training_seconds": round(sum(row["seconds"] for row in rows)),
    }


def measure(name: str, samples: int, entry: ZooEntry, reference: data.ImageSet) -> dict:
    """Measures a stored generator of the zoo."""
    extractor = metrics.load_classifier(entry.extractor)
    images = zoo.sample(name, samples)
    which = f"zoo generator {name}, float16 weights, noise seed 0"
    if images.shape[1:] != extractor.image_shape:  # stacked digits, one per channel
        stacked = data.StackedDigits(reference)
        measured = metrics.class_modes(
            images, extractor, data_fractions=stacked.class_fractions, samples=which
        )
        return {k: v for k, v in measured.to_dict().items() if k != "class_shares"}
    seen = metrics.Reference.build(extractor, reference)
    return metrics.measure(extractor, images, seen, samples=which).to_dict()
