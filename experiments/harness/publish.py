"""Publishes a finished run: its report, its summary, its generator.

    python -m experiments.publish --run runs/mnist_gan --zoo mnist_dcgan
    python -m experiments.publish --kind infogan --run runs/gan_variants/infogan
    python -m experiments.publish --kind cifar10_dcgan --run runs/cifar10_gan/dcgan
    python -m experiments.publish --kind multi_digit --run runs/multi_digit_mnist/ours

The report, its figures and its numbers (with which `--check` compares) go to
reports/NAME, a summary between the markers `<!-- results: NAME -->` and `<!-- end -->`
of RESULTS.md, and the generator, rounded to float16 and measured again, into the zoo.

The zoo takes 5 MB per generator. Of those of CIFAR-10 the DC-GAN of width 64 (3.1 MB)
and the residual one of width 128 (2.4 MB) fit as they are, and so do WGAN-GP's, which
are one or the other; MLP-GAN's fits up to a width of 170, SN-DCGAN's up to 48.
"""

import contextlib
import dataclasses
import shutil
from pathlib import Path

from experiments.harness import command, discover, results, run, validation
from experiments.harness.experiment import Experiment, ZooEntry
from ganzoo import data, distribute, files, metrics, reports, runs, weights, zoo
from ganzoo.runs import checkpoints


@dataclasses.dataclass(frozen=True)
class Config:
    """What to publish."""

    run: str = "runs/mnist_gan"
    """Folder of the finished run, or of the runs that were compared."""
    name: str = "mnist_gan"
    """Name of the report, and of the markers of its summary."""
    kind: str = "mnist_gan"
    """The experiment, for the zoo."""
    zoo: str | None = None
    """Name of the generator in the zoo; none is put there by default."""
    faults: str = ""
    """Known faults of the generator, for its card."""


def publish(config: Config) -> None:
    """Copies the report, fills its summary in and, if asked, the zoo."""
    folder = Path(config.run)
    entries = discover.zoo_entries()
    if config.zoo is not None:
        validation.one_of(config, "kind", tuple(entries))
    if not (folder / "report.md").is_file():
        raise ValueError(f"run={config.run} has no report.md: it is no finished run.")
    target = Path("reports") / config.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / "figures", target / "figures")
    shutil.copyfile(folder / "report.md", target / "report.md")
    results.publish(folder, target, [one.results for one in discover.commands()])
    # Only a report that bears its experiment's name has the summary made for it.
    known = config.name == config.kind and config.kind in entries
    summary = entries[config.kind][0].summary if known else reports.excerpt
    reports.fill_in(config.name, summary(folder, target))
    if config.zoo is not None:
        add_to_zoo(config, *entries[config.kind], folder)


def add_to_zoo(
    config: Config, experiment: Experiment, entry: ZooEntry, folder: Path
) -> None:
    """Stores the last checkpoint's generator and measures it as it is stored."""
    settings = experiment.config(**_tuples(runs.read_json(folder / "config.json")))
    train, reference = entry.images(experiment.data(settings))
    model = experiment.build_model(settings, distribute.strategy("cpu"))
    checkpoints.load(model, run.newest_checkpoint(folder))
    builder, arguments = entry.network(settings)
    card = _card(config, entry, folder, settings, train) | {
        "title": f"{entry.title} of {train.name}, {int(model.step):,} steps",
        "network": f"ganzoo.networks.{builder}",
        "latent_dim": arguments.get("latent_dim"),
        "step": int(model.step),
    }
    averaged = settings.average
    with model.averaged_weights() if averaged else contextlib.nullcontext():
        zoo.add(config.zoo, *model.generators, builder, arguments, card)
    if entry.measure is not None:
        measured = entry.measure(config.zoo, settings)
    else:
        measured = measure(config.zoo, settings.measure_samples, entry, reference)
    path = weights.FOLDER / f"{config.zoo}.json"
    runs.write_json(path, runs.read_json(path) | {"measures": measured})


def _card(config: Config, entry: ZooEntry, folder: Path, settings, train) -> dict:
    """Returns what a generator's card says of its training."""
    manifest = runs.read_json(folder / "manifest.json")
    start = manifest["starts"][0]
    fields = dataclasses.asdict(settings)
    rows = files.read_rows(folder / "history.csv")
    card = {
        # These four come first, and are known to the model.
        **dict.fromkeys(("title", "network", "latent_dim")),
        "data": {
            "name": train.name,
            "split": train.split,
            "images": len(train),
            "fingerprint": train.fingerprint,
        },
        "command": reports.shown_command(manifest.get("command", start["command"])),
        "config": {k: v for k, v in fields.items() if k not in ("output", "data_dir")},
        "weights": settings.weights,
        "step": None,
        "trained_on": {k: v for k, v in start.items() if k != "command"},
        # All starts together.
        "training_seconds": round(sum(row["seconds"] for row in rows)),
        "known_faults": config.faults,
    } | entry.card(settings)
    if entry.zero_level != data.MIDDLE:
        card["middle"] = entry.zero_level
    return card


def measure(name: str, samples: int, entry: ZooEntry, reference: data.ImageSet) -> dict:
    """Measures a generator of the zoo as it is stored."""
    extractor = metrics.load_classifier(entry.extractor)
    images = zoo.sample(
        zoo.load(name), samples, codes=zoo.codes(name), middle=zoo.middle(name)
    )
    which = f"zoo generator {name}, float16 weights, noise seed 0"
    if images.shape[1:] != extractor.image_shape:  # digits in the channels
        stacked = data.StackedDigits(reference)
        measured = metrics.class_modes(
            images, extractor, data_shares=stacked.class_shares, samples=which
        )
        return {k: v for k, v in measured.to_dict().items() if k != "class_shares"}
    seen = metrics.Reference.build(extractor, reference)
    return metrics.measure(extractor, images, seen, samples=which).to_dict()


def _tuples(settings: dict) -> dict:
    """JSON knows no tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}


def main() -> None:
    """Carries out the command line."""
    command.run_tool(publish, Config, __doc__)
