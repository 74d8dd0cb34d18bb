"""Publishes a finished run: its report, its rows in the README, its generator.

    python -m experiments.publish --run runs/mnist_gan --zoo mnist_dcgan

The report and its figures go to reports/NAME, the summary table between the README's
markers `<!-- results: NAME -->` and `<!-- end -->`, and the generator, rounded to
float16 and measured again, into the zoo.
"""

import contextlib
import dataclasses
import shutil
from pathlib import Path

from experiments import common, mnist_gan, mnist_gan_report
from ganzoo import metrics, reports, runs, weights, zoo


@dataclasses.dataclass(frozen=True)
class Config:
    """What to publish."""

    run: str = "runs/mnist_gan"
    """Folder of the finished run."""
    name: str = "mnist_gan"
    """Name of the report, and of the README's markers."""
    zoo: str | None = None
    """Name of the generator in the zoo; none is put there by default."""
    faults: str = ""
    """Known faults of the generator, for its card."""


def publish(config: Config) -> None:
    """Copies the report, fills the README and, if asked, the zoo."""
    folder = Path(config.run)
    settings = mnist_gan.Config(**runs.read_json(folder / "config.json"))
    target = Path("reports") / config.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / "figures", target / "figures")
    shutil.copyfile(folder / "report.md", target / "report.md")
    summary = mnist_gan_report.summary(folder, target)
    reports.fill(Path("README.md"), config.name, summary)
    if config.zoo is not None:
        add_to_zoo(config, settings, folder)


def add_to_zoo(config: Config, settings: mnist_gan.Config, folder: Path) -> None:
    """Stores the last checkpoint's generator and measures it as it is stored."""
    train = mnist_gan.load(settings, "train")
    gan = mnist_gan.build(settings)
    gan.load_weights(sorted((folder / "checkpoints").glob("step_*.weights.h5"))[-1])
    arguments = {"latent_dim": settings.latent_dim, "slope": settings.slope}
    manifest = runs.read_json(folder / "manifest.json")
    start = manifest["starts"][0]
    entry = {
        "title": f"DCGAN of {train.name}, {settings.epochs} epochs",
        "network": "ganzoo.networks.mnist_generator",
        "latent_dim": settings.latent_dim,
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
        "weights": "averaged" if settings.ema_half_life else "raw",
        "step": int(gan.step),
        "trained_on": {k: v for k, v in start.items() if k != "command"},
        "known_faults": config.faults,
    }
    averaged = settings.ema_half_life is not None
    with gan.averaged_weights() if averaged else contextlib.nullcontext():
        zoo.add(config.zoo, gan.generator, "mnist_generator", arguments, entry)
    measured = measure(config.zoo, settings, train)
    path = weights.FOLDER / f"{config.zoo}.json"
    runs.write_json(path, runs.read_json(path) | {"measures": measured})


def measure(name: str, settings: mnist_gan.Config, train) -> dict:
    """Measures a generator of the zoo as it is stored."""
    extractor = metrics.load_classifier("mnist")
    images = zoo.sample(zoo.load(name), settings.measure_samples)
    measured = metrics.measure(
        extractor,
        images,
        metrics.Reference.build(extractor, train),
        samples=f"zoo generator {name}, float16 weights, noise seed 0",
    )
    return measured.to_dict()


if __name__ == "__main__":
    common.main(publish, Config, __doc__)
