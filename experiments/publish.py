"""Publishes a finished run: its report, its rows in the README, its generator.

    python -m experiments.publish --run runs/mnist_gan --zoo mnist_dcgan
    python -m experiments.publish --kind infogan --run runs/gan_variants/infogan

The report and its figures go to reports/NAME, a summary between the README's markers
`<!-- results: NAME -->` and `<!-- end -->`, and the generator, rounded to float16 and
measured again, into the zoo.
"""

import contextlib
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

from experiments import common, gan_variants, mnist_gan, mnist_gan_report
from experiments.gan_variants import digits, infogan, settings, stacked
from ganzoo import data, distribute, metrics, reports, runs, weights, zoo


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
    """

    settings: type
    build: Callable
    builder: Callable[[common.Common], tuple[str, dict]]
    title: str
    codes: Callable[[common.Common], dict | None] = lambda config: None


def _cpu():
    return distribute.strategy("cpu")


def _digits(kind: type, title: str) -> Kind:
    return Kind(
        kind,
        lambda config: settings.build(config, _cpu(), lambda: digits.players(config)),
        digits.builder,
        title,
    )


KINDS = {
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
    "stacked": Kind(
        gan_variants.Stacked,
        lambda config: settings.build(config, _cpu(), lambda: stacked.players(config)),
        lambda config: (
            "stacked_generator",
            {"latent_dim": config.latent_dim, "filters": config.filters},
        ),
        "Three digits in the three channels",
    ),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to publish."""

    run: str = "runs/mnist_gan"
    """Folder of the finished run, or of the runs that were compared."""
    name: str = "mnist_gan"
    """Name of the report, and of the README's markers."""
    kind: str = "mnist_gan"
    """The experiment, for the zoo."""
    zoo: str | None = None
    """Name of the generator in the zoo; none is put there by default."""
    faults: str = ""
    """Known faults of the generator, for its card."""


def publish(config: Config) -> None:
    """Copies the report, fills the README and, if asked, the zoo."""
    folder = Path(config.run)
    target = Path("reports") / config.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / "figures", target / "figures")
    shutil.copyfile(folder / "report.md", target / "report.md")
    whole = config.name == "mnist_gan"
    summary = (mnist_gan_report.summary if whole else reports.excerpt)(folder, target)
    reports.fill(Path("README.md"), config.name, summary)
    if config.zoo is not None:
        common.one_of(config, "kind", tuple(KINDS))
        add_to_zoo(config, KINDS[config.kind], folder)


def add_to_zoo(config: Config, kind: Kind, folder: Path) -> None:
    """Stores the last checkpoint's generator and measures it as it is stored."""
    settings = kind.settings(**_tuples(runs.read_json(folder / "config.json")))
    train = data.load(settings.dataset, "train", settings.data_dir)
    if settings.train_images is not None:
        train = common.first(train, settings.train_images)
    game = kind.build(settings)
    game.load_weights(sorted((folder / "checkpoints").glob("step_*.weights.h5"))[-1])
    builder, arguments = kind.builder(settings)
    start = runs.read_json(folder / "manifest.json")["starts"][0]
    averaged = settings.ema_half_life is not None
    entry = {
        "title": f"{kind.title} of {train.name}, {int(game.step):,} steps",
        "network": f"ganzoo.networks.{builder}",
        "latent_dim": arguments["latent_dim"],
        "data": {
            "name": train.name,
            "split": train.split,
            "images": len(train),
            "fingerprint": train.fingerprint,
        },
        "command": reports.shown_command(start["command"]),
        "config": {
            key: value
            for key, value in dataclasses.asdict(settings).items()
            if key not in ("output", "data_dir")
        },
        "weights": "averaged" if averaged else "raw",
        "step": int(game.step),
        "trained_on": {k: v for k, v in start.items() if k != "command"},
        "known_faults": config.faults,
    }
    if (codes := kind.codes(settings)) is not None:
        entry["codes"] = codes
    with game.averaged_weights() if averaged else contextlib.nullcontext():
        zoo.add(config.zoo, game.generator, builder, arguments, entry)
    measured = measure(config.zoo, settings, train)
    path = weights.FOLDER / f"{config.zoo}.json"
    runs.write_json(path, runs.read_json(path) | {"measures": measured})


def measure(name: str, settings: common.Common, train: data.ImageSet) -> dict:
    """Measures a generator of the zoo as it is stored."""
    extractor = metrics.load_classifier("mnist")
    images = zoo.sample(zoo.load(name), settings.measure_samples, codes=zoo.codes(name))
    samples = f"zoo generator {name}, float16 weights, noise seed 0"
    if images.shape[-1] == 3:
        bed = data.StackedDigits(train)
        measured = metrics.class_modes(
            images, extractor, data_shares=bed.class_shares, samples=samples
        )
        return {k: v for k, v in measured.to_dict().items() if k != "class_shares"}
    reference = metrics.Reference.build(extractor, train)
    return metrics.measure(extractor, images, reference, samples=samples).to_dict()


def _tuples(settings: dict) -> dict:
    """JSON knows no tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}


if __name__ == "__main__":
    common.main(publish, Config, __doc__)
