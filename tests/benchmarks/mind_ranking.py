"""Does MIND rank checkpoints as the Fréchet distance does, and with fewer samples?

    python -m tests.benchmarks.mind_ranking --readme --data-dir tfds

trains `experiments.mnist_gan quick` on MNIST, keeps the generator every few thousand
images, and measures all of them by two extractors: with all samples, and with draws of
fewer. What Berthet et al. 2026 (arXiv 2605.06797) promise of MIND is that it ranks as
the Fréchet distance does and needs far fewer samples. The generators stay in `--folder`
and the features in the cache: the command resumes.
"""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tyro
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments import mnist_gan
from experiments.harness.data import Data
from experiments.harness.pages import fill_in
from experiments.harness.run import seed_everything
from experiments.mnist_gan import quick
from ganzoo import data, metrics
from ganzoo.evaluate.cache import FeatureCache
from ganzoo.evaluate.measuring import RealImages, measured
from ganzoo.evaluate.progress import Watched
from ganzoo.files import read_json, write_json
from ganzoo.metrics.frechet import frechet_to
from ganzoo.plots.files import INK, TEXT, save_figure
from ganzoo.runs.reports import table

FOLDER = Path("reports/mind")
SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000)
SETTLED = 0.95  # rank correlation with all samples, mean over the draws
FRECHET, MIND = "frechet_distance", "mind"
TITLES = {FRECHET: "Fréchet distance", MIND: "MIND"}
COLORS = {FRECHET: "#0072B2", MIND: "#D55E00"}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to train and measure."""

    checkpoints: int = 16
    """Number of generators kept, at least 12."""
    every: int = 9_600
    """Training images between them."""
    count: int = 10_000
    """Samples of each by the MNIST classifier, and of real test images."""
    lite0_count: int = 2_000
    """Samples of each, and real training images, by lite0; 0 for no lite0."""
    draws: int = 10
    """Random draws of each smaller number of samples."""
    folder: Path = Path("runs/mind")
    """Where the generators are kept."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    only_write: bool = False
    """Draw and write what was measured before."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


class Keep(keras.callbacks.Callback):
    """Keeps the averaged weights of the generator every few images."""

    def __init__(self, config: Config, images_per_step: int):
        super().__init__()
        self.config, self.images_per_step, self.steps = config, images_per_step, 0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Keeps, and stops after the last one."""
        self.steps += 1
        number, rest = divmod(self.steps * self.images_per_step, self.config.every)
        if rest >= self.images_per_step or not number:
            return
        with self.model.averaged_weights():
            weights = self.model.generator.get_weights()
        np.savez(path_of(self.config, number), *weights)
        if number == self.config.checkpoints:
            self.model.stop_training = True


def path_of(config: Config, number: int) -> Path:
    """Returns the file of a checkpoint's weights; the first one is 1."""
    return config.folder / f"generator_{number:02d}.npz"


def trained(config: Config) -> tuple[keras.Model, Data]:
    """Returns the model, and the data, after training what has not been trained yet."""
    recipe = mnist_gan.Quick(dataset="mnist", data_dir=config.data_dir)
    seed_everything(recipe)
    loaded = quick.EXPERIMENT.data(recipe)
    model = quick.EXPERIMENT.build_model(recipe, data=loaded)
    if not path_of(config, config.checkpoints).exists():
        config.folder.mkdir(parents=True, exist_ok=True)
        model.fit(
            loaded.batches(),
            epochs=1_000_000,
            steps_per_epoch=loaded.steps_per_epoch,
            callbacks=[Keep(config, recipe.images_per_step)],
            verbose=0,
        )
    return model, loaded


def images_of(config: Config) -> Iterator[np.ndarray]:
    """Yields the samples of every checkpoint, and at last real test images."""
    model, _ = trained(config)
    for number in range(1, config.checkpoints + 1):
        print(f"checkpoint {number} of {config.checkpoints}", flush=True)
        with np.load(path_of(config, number)) as stored:
            model.generator.set_weights([stored[key] for key in stored.files])
        # Without the average: the weights set are averaged ones.
        images = model.generate(config.count, seed=1, average=False, batch_size=500)
        yield data.to_uint8(images)
    yield data.load("mnist", "test", config.data_dir).images[: config.count]


def counts(config: Config) -> dict[str, int]:
    """Returns the number of samples by extractor."""
    found = {"mnist": config.count, "lite0": config.lite0_count}
    return {name: count for name, count in found.items() if count}


def real_images(config: Config) -> dict[str, RealImages]:
    """Returns the training images as the extractors see them; lite0 sees some."""
    train = data.load("mnist", "train", config.data_dir)
    cache, found = FeatureCache(), {}
    for name, count in counts(config).items():
        extractor = Watched(metrics.load_extractor(name, train.shape), None, cache)
        seen = train if name == "mnist" else data.some(train, count)
        found[name] = RealImages.of_images(extractor, seen)
    return found


def by_draws(found: list, real: RealImages, config: Config) -> dict[int, dict]:
    """Returns the measures of fewer samples: size -> measure -> [draws, sets]."""
    frechet = frechet_to(real.gaussian)
    functions: dict[str, Callable] = {
        FRECHET: lambda drawn, seed: frechet(drawn),
        MIND: lambda drawn, seed: metrics.mind(drawn, real.features, seed=seed).mind,
    }
    sizes = [size for size in SIZES if size < min(map(len, found))]
    values = {}
    for size in sizes:
        of_size = {key: np.empty((config.draws, len(found))) for key in TITLES}
        for draw in range(config.draws):
            for number, one in enumerate(found):
                random = np.random.default_rng([size, draw, number])
                drawn = one[random.choice(len(one), size, replace=False)]
                for key, function in functions.items():
                    of_size[key][draw, number] = function(drawn, draw)
        values[size] = of_size
    return values


def agreement(drawn: np.ndarray, truth: list[float]) -> list[float]:
    """Returns Spearman's rank correlation of each draw with the values of all."""
    return [float(stats.spearmanr(row, truth).statistic) for row in drawn]


def summary(rows: list[dict], draws: dict[int, dict], count: int) -> dict:
    """Returns how measures agree: of all samples, and by number of samples."""
    truth = {key: [row[key][0] for row in rows] for key in TITLES}
    half = len(rows) // 2
    found = {
        "checkpoints": len(rows),
        "samples": count,
        "agreement": agreement(np.array([truth[MIND]]), truth[FRECHET])[0],
        "agreement_of_later_half": agreement(
            np.array([truth[MIND][half:]]), truth[FRECHET][half:]
        )[0],
        "own": {},
        "of_frechet": {},
        "settled": {},
        "distances": {},
    }
    for key in TITLES:
        own = {
            n: agreement(one[key][:, : len(rows)], truth[key])
            for n, one in draws.items()
        }
        found["own"][key] = {n: float(np.mean(one)) for n, one in own.items()}
        found["of_frechet"][key] = {
            n: float(np.mean(agreement(one[key][:, : len(rows)], truth[FRECHET])))
            for n, one in draws.items()
        }
        late = [n for n, one in found["own"][key].items() if one < SETTLED]
        after = [n for n in (*draws, count) if n > max(late, default=0)]
        found["settled"][key] = after[0]
        found["distances"][key] = {
            n: [
                one[key][:, -2:].mean(axis=0).tolist(),
                one[key][:, -2:].std(axis=0, ddof=1).tolist(),
            ]
            for n, one in draws.items()
        }
    return found


def measure(config: Config) -> dict[str, dict]:
    """Trains and measures; returns the results by extractor."""
    reals = real_images(config)
    rows: dict[str, list] = {name: [] for name in reals}
    seen: dict[str, list] = {name: [] for name in reals}
    for images in images_of(config):
        for name, real in reals.items():
            some = images[: counts(config)[name]]
            row = measured("", some, "", real, 0)
            rows[name].append(
                {key: [row.values[key], row.half_widths[key]] for key in TITLES}
            )
            seen[name].append(real.extractor.extract(some).features)
    results = {}
    for name, real in reals.items():
        draws = by_draws(seen[name], real, config)
        *generated, floor = rows[name]
        results[name] = {"card": real.card, "rows": generated, "real": floor}
        results[name] |= {"every": config.every, "draws": config.draws}
        results[name] |= summary(generated, draws, counts(config)[name])
    return results


def draw(path: Path, results: dict[str, dict]) -> None:
    """Draws the course, the agreement by number of samples, and the distances by it."""
    figure = Figure(figsize=(10.5, 3.3 * len(results)), layout="constrained")
    grid = figure.subplots(len(results), 3, squeeze=False)
    for (name, one), row in zip(results.items(), grid, strict=True):
        images = one["every"] * np.arange(1, one["checkpoints"] + 1) / 1000
        for key in TITLES:
            style = {"color": COLORS[key], "label": TITLES[key], "marker": "o"}
            style |= {"markersize": 3.5, "linewidth": 1.5}
            values, widths = np.array([each[key] for each in one["rows"]]).T
            row[0].errorbar(images, values, widths, **style)
            row[0].axhline(one["real"][key][0], color=COLORS[key], ls=":", lw=1)
            row[1].plot(sizes_of(one), list(one["own"][key].values()), **style)
            for place, line in ((0, "-"), (1, ":")):
                middle, spread = (
                    [by_size[part][place] for by_size in one["distances"][key].values()]
                    for part in (0, 1)
                )
                which = ("last checkpoint", "real test images")[place]
                label = f"{TITLES[key]}, {which}"
                style |= {"label": label, "linestyle": line}
                row[2].errorbar(sizes_of(one), middle, spread, **style)
        count = f"{one['samples']:,} samples"
        dress(row[0], f"{name}: {count}; dotted: real", "thousand images", "distance")
        row[0].set_yscale("log")
        dress(row[1], f"{name}: ranking by fewer", "samples", f"Spearman, to {count}")
        row[1].axhline(SETTLED, color="#999999", lw=1, ls="--")
        dress(row[2], f"{name}: by number of samples", "samples", "distance")
        row[2].set_yscale("log")
        row[2].set_ylim(top=6 * row[2].get_ylim()[1])  # room for the legend
        for axes, place in zip(row[1:], ("lower right", "upper right"), strict=True):
            axes.set_xscale("log")
            axes.set_xticks(sizes_of(one), [f"{size:,}" for size in sizes_of(one)])
            axes.set_xticks([], minor=True)
            axes.legend(fontsize=TEXT - 2, frameon=False, loc=place)
    save_figure(path, figure)


def sizes_of(one: dict) -> list[int]:
    """Returns the numbers of samples drawn; JSON has words."""
    return [int(size) for size in one["distances"][FRECHET]]


def dress(axes: Axes, title: str, xlabel: str, ylabel: str) -> None:
    """Labels axes."""
    axes.set_title(title, loc="left", fontsize=TEXT, color=INK)
    axes.set_xlabel(xlabel, fontsize=TEXT, color=INK)
    axes.set_ylabel(ylabel, fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=TEXT - 1, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6e6e6", linewidth=0.8)
    axes.legend(fontsize=TEXT - 2, frameon=False)


def rows_of(results: dict[str, dict]) -> list[dict[str, str]]:
    """Returns the rows of the table: a row per extractor and measure."""
    found = []
    for name, one in results.items():
        for key, title in TITLES.items():
            by_size = {f"{int(n):,}": f"{v:.2f}" for n, v in one["own"][key].items()}
            settled = f"{one['settled'][key]:,}"
            row = {"extractor": name, "measure": title, "settled at": settled}
            found.append(row | by_size)
    names = dict.fromkeys(key for row in found for key in row)
    return [{key: row.get(key, "") for key in names} for row in found]


def text(results: dict[str, dict]) -> str:
    """Returns the picture, the table, and what they say, as Markdown."""
    sentences = [
        f"By {name}, MIND ranks the {one['checkpoints']} checkpoints as the Fréchet "
        f"distance does to a rank correlation of {one['agreement']:.3f} "
        f"({one['agreement_of_later_half']:.3f} for the later half) with "
        f"{one['samples']:,} samples each. {promise(one)}"
        for name, one in results.items()
    ]
    return "\n\n".join(
        [
            f"`python -m tests.benchmarks.mind_ranking {options(results)} --readme`, "
            "`mnist_gan quick` on MNIST:",
            f"![Distances by images trained on; rank correlation by number of samples; "
            f"distances by number of samples]({FOLDER}/ranking.png)",
            table(rows_of(results)),
            "Columns: Spearman's rank correlation of the checkpoints by so many "
            "samples with those by all samples, of the same measure; mean of the "
            f"draws. It has settled where it stays at {SETTLED} or above.",
            *sentences,
        ]
    )


def options(results: dict[str, dict]) -> str:
    """Returns the options by which results were measured."""
    one = results["mnist"]
    lite0 = results["lite0"]["samples"] if "lite0" in results else 0
    return (
        f"--checkpoints {one['checkpoints']} --every {one['every']} --count "
        f"{one['samples']} --lite0-count {lite0} --draws {one['draws']}"
    )


def promise(one: dict) -> str:
    """Says whether MIND needs fewer samples."""
    frechet, mind = one["settled"][FRECHET], one["settled"][MIND]
    said = f"Its ranking settles at {mind:,} samples, that of Fréchet at {frechet:,}: "
    if max(mind, frechet) == sizes_of(one)[0]:
        return said + (
            "the fewest tried. These checkpoints are so far apart that either measure "
            "ranks them, so that fewer samples are no gain here."
        )
    if mind < frechet:
        return said + "it needs fewer, as promised."
    return said + (
        "it needs as many, so it does not keep its promise here."
        if mind == frechet
        else "it needs more, so it does not keep its promise here."
    )


def main(config: Config) -> None:
    """Trains, measures, draws, and writes the table."""
    if not config.only_write:
        write_json(FOLDER / "results.json", measure(config))
    results = read_json(FOLDER / "results.json")
    draw(FOLDER / "ranking.png", results)
    if config.readme:
        fill_in("mind", text(results))
    print(text(results))


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
