"""Publishes a finished run: its report, its summary, its generator.

    python -m experiments.publish --run runs/mnist_gan --zoo mnist_dcgan
    python -m experiments.publish --kind infogan --run runs/gan_variants/infogan
    python -m experiments.publish --kind cifar10_dcgan --run runs/cifar10_gan/dcgan
    python -m experiments.publish --kind multi_digit --run runs/multi_digit_mnist/ours

The report, its figures and its numbers (with which `--check` compares) go to
reports/NAME, a summary between the markers `<!-- results: NAME -->` and `<!-- end -->`
of RESULTS.md, and the generator, rounded to float16 and measured again, into the zoo.

The zoo takes 5 MB a generator. Of those of CIFAR-10 the DC-GAN of width 64 (3.1 MB) and
the residual one of width 128 (2.4 MB) fit as they are, so do WGAN-GP's, which are one
or the other; MLP-GAN's fits up to a width of 170, SN-DCGAN's up to 48.
"""

import contextlib
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

from experiments import (
    cifar10_gan,
    common,
    gan_variants,
    limits,
    mnist_gan,
    mnist_gan_report,
    multi_digit_mnist,
    numbers,
)
from experiments.cifar10_gan import images as cifar10_images
from experiments.gan_variants import digits, infogan, settings, stacked
from experiments.multi_digit_mnist import judge, scenes
from experiments.svhn_training_images import stored
from ganzoo import data, distribute, files, metrics, reports, runs, weights, zoo
from ganzoo.runs import checkpoints


def _trained_on(config) -> tuple[data.ImageSet, data.ImageSet]:
    """Returns the training images twice: what is trained on is measured against."""
    train = common.load(config.dataset, "train", config.data_dir)
    train = common.cut(config, train)
    return train, train


@dataclasses.dataclass(frozen=True)
class Kind:
    """What the zoo has to know of an experiment.

    Attributes:
        settings: Its dataclass.
        build: Settings -> the game.
        builder: Settings -> the generator's builder in ganzoo.networks, by name, and
            its arguments.
        title: Of the card.
        codes: Settings -> the codes that the generator is fed, for the card.
        besides: Settings -> what else the card says.
        images: Settings -> the images trained on, and those to be measured against.
        extractor: What is looked through.
        middle: The grey value that is 0 to the players.
        measure: (name in the zoo, settings) -> the measures, in place of `measure`.
    """

    settings: type
    build: Callable
    builder: Callable[[common.Common], tuple[str, dict]]
    title: str
    codes: Callable[[common.Common], dict | None] = lambda config: None
    besides: Callable[[common.Common], dict] = lambda config: {}
    images: Callable[[common.Common], tuple[data.ImageSet, data.ImageSet]] = _trained_on
    extractor: str = "mnist"
    middle: float = data.MIDDLE
    measure: Callable[[str, common.Common], dict] | None = None


def _cpu():
    return distribute.strategy("cpu")


def _digits(kind: type, title: str) -> Kind:
    return Kind(
        kind,
        lambda config: settings.build(config, _cpu(), lambda: digits.players(config)),
        digits.builder,
        title,
    )


def _cifar10(title: str) -> Kind:
    def images(config) -> tuple[data.ImageSet, data.ImageSet]:
        sets = cifar10_images.load(config)
        return sets.train, sets.reference

    return Kind(
        cifar10_gan.Config,
        lambda config: cifar10_gan.build(config, _cpu()),
        cifar10_gan.generator,
        title,
        images=images,
        extractor="cifar10",
        middle=cifar10_gan.MIDDLE,
    )


KINDS = {
    "cifar10_dcgan": _cifar10("DC-GAN"),
    "cifar10_wgan_gp": _cifar10("WGAN-GP"),
    "mnist_gan": Kind(
        mnist_gan.Config,
        mnist_gan.build,
        lambda config: (
            "mnist_generator",
            {"latent_dim": config.latent_dim, "slope": config.slope},
        ),
        "DCGAN",
    ),
    "vanilla": _digits(gan_variants.Vanilla, "Fully connected GAN"),
    "minibatch": _digits(
        gan_variants.Minibatch, "Fully connected GAN with minibatch discrimination"
    ),
    "unrolled": _digits(gan_variants.Unrolled, "Fully connected GAN, unrolled"),
    "infogan": Kind(
        gan_variants.Infogan,
        lambda config: infogan.build(config, _cpu()),
        infogan.builder,
        "InfoGAN",
        infogan.codes,
    ),
    "multi_digit": Kind(
        multi_digit_mnist.Config,
        lambda config: multi_digit_mnist.build(config, _cpu()),
        multi_digit_mnist.generator,
        "Digits in boxes",
        besides=lambda config: {"layout": scenes.zoo_layout(config)},
        measure=judge.measure_stored,
    ),
    "stacked": Kind(
        gan_variants.Stacked,
        lambda config: settings.build(config, _cpu(), lambda: stacked.players(config)),
        stacked.builder,
        "Three digits in the three channels",
    ),
    **{name: Kind(**kind) for name, kind in stored.KINDS.items()},
}


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
    if config.zoo is not None:
        limits.one_of(config, "kind", tuple(KINDS))
    folder = Path(config.run)
    if not (folder / "report.md").is_file():
        raise ValueError(f"run={config.run} has no report.md: it is no finished run.")
    target = Path("reports") / config.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / "figures", target / "figures")
    shutil.copyfile(folder / "report.md", target / "report.md")
    numbers.publish(folder, target)
    whole = config.name == "mnist_gan"
    summary = (mnist_gan_report.summary if whole else reports.excerpt)(folder, target)
    reports.fill_in(config.name, summary)
    if config.zoo is not None:
        add_to_zoo(config, KINDS[config.kind], folder)


def _seconds(folder: Path) -> int:
    """Returns how long a run trained, all its starts together."""
    rows = files.read_rows(folder / "history.csv")
    return round(sum(row["seconds"] for row in rows))


def add_to_zoo(config: Config, kind: Kind, folder: Path) -> None:
    """Stores the last checkpoint's generator and measures it as it is stored."""
    settings = kind.settings(**_tuples(runs.read_json(folder / "config.json")))
    train, reference = kind.images(settings)
    game = kind.build(settings)
    newest = sorted((folder / "checkpoints").glob("step_*.weights.h5"))[-1]
    checkpoints.load(game, newest)
    builder, arguments = kind.builder(settings)
    manifest = runs.read_json(folder / "manifest.json")
    start = manifest["starts"][0]
    averaged = settings.ema_half_life is not None
    entry = {
        "title": f"{kind.title} of {train.name}, {int(game.step):,} steps",
        "network": f"ganzoo.networks.{builder}",
        "latent_dim": arguments.get("latent_dim"),
        "data": {
            "name": train.name,
            "split": train.split,
            "images": len(train),
            "fingerprint": train.fingerprint,
        },
        "command": reports.shown_command(manifest.get("command", start["command"])),
        "config": {
            key: value
            for key, value in dataclasses.asdict(settings).items()
            if key not in ("output", "data_dir")
        },
        "weights": "averaged" if averaged else "raw",
        "step": int(game.step),
        "trained_on": {k: v for k, v in start.items() if k != "command"},
        "training_seconds": _seconds(folder),
        "known_faults": config.faults,
    } | kind.besides(settings)
    if (codes := kind.codes(settings)) is not None:
        entry["codes"] = codes
    if kind.middle != data.MIDDLE:
        entry["middle"] = kind.middle
    with game.averaged_weights() if averaged else contextlib.nullcontext():
        zoo.add(config.zoo, *game.generators, builder, arguments, entry)
    if kind.measure is not None:
        measured = kind.measure(config.zoo, settings)
    else:
        measured = measure(config.zoo, settings, kind, reference)
    path = weights.FOLDER / f"{config.zoo}.json"
    runs.write_json(path, runs.read_json(path) | {"measures": measured})


def measure(
    name: str, settings: common.Common, kind: Kind, reference: data.ImageSet
) -> dict:
    """Measures a generator of the zoo as it is stored."""
    extractor = metrics.load_classifier(kind.extractor)
    images = zoo.sample(
        zoo.load(name),
        settings.measure_samples,
        codes=zoo.codes(name),
        middle=zoo.middle(name),
    )
    samples = f"zoo generator {name}, float16 weights, noise seed 0"
    if images.shape[1:] != extractor.image_shape:  # digits in the channels
        bed = data.StackedDigits(reference)
        measured = metrics.class_modes(
            images, extractor, data_shares=bed.class_shares, samples=samples
        )
        return {k: v for k, v in measured.to_dict().items() if k != "class_shares"}
    seen = metrics.Reference.build(extractor, reference)
    return metrics.measure(extractor, images, seen, samples=samples).to_dict()


def _tuples(settings: dict) -> dict:
    """JSON knows no tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}


if __name__ == "__main__":
    common.main(publish, Config, __doc__)
