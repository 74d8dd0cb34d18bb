"""Runs the benchmark; see the package's docstring."""

import dataclasses
import importlib.util
import tempfile
from importlib import metadata
from pathlib import Path

import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments.harness import webp
from experiments.harness.pages import fill_in
from ganzoo.runs import provenance
from ganzoo.runs.reports import Report, shown_command, table
from tests.benchmarks import peers
from tests.benchmarks.peers import tables
from tests.benchmarks.peers.contest import Result, measure
from tests.benchmarks.peers.settings import SMOKE, Config
from tests.benchmarks.peers.systems import CONTESTANTS


def without_torch(config: Config) -> Config:
    """Returns the settings without PyTorch."""
    names = tuple(
        name for name in config.contestants if CONTESTANTS[name].module != "pytorch"
    )
    return dataclasses.replace(config, contestants=names)


def described(config: Config) -> str:
    """Returns settings, versions and processor, as text."""
    packages = ["keras"]
    if any(CONTESTANTS[name].module == "pytorch" for name in config.contestants):
        packages.append("torch")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    weights = "the average of its" if config.average else "its raw"
    sets = ", ".join(
        f"{name}: {getattr(config, name) or 'noise'}" for name in config.systems
    )
    return (
        f"Batches of {config.batch_size}, seed {config.seed}; {sets}. Distances of "
        f"{config.samples:,} samples, ours by {weights} weights, measured every "
        f"{config.every} steps while the clock is stopped. Each peer is compared with "
        f"ours with the same update. TensorFlow {tf.__version__}, {versions}; "
        f"{provenance.processor()}. Command: `{shown_command(provenance.command())}`."
    )


def write(config: Config, results: dict[str, list[Result]]) -> str:
    """Writes the report; returns the text for RESULTS.md."""
    folder = Path(config.output)
    report = Report(folder, "ganzoo beside its peers")
    every = [result for system in results.values() for result in system]
    parts = []
    if tables.draw_ratios(folder / "figures" / "ratios.png", every):
        caption = "ganzoo's images/s, relative to each peer's"
        report.figure("ratios", caption)
        parts.append(f"![{caption}]({config.output}/figures/ratios.png)")
    for name, found in results.items():
        report.heading(name)
        report.table(tables.rows(found))
        parts += [f"{name}:", table(tables.rows(found))]
        for kind in config.kinds:
            stem = f"distance_{name}_{kind}"
            same = [result for result in found if result.kind == kind]
            if tables.draw_courses(folder / "figures" / f"{stem}.png", same):
                report.figure(
                    stem, f"Fréchet distance by training time, {name}, {kind}"
                )
    report.heading("What was run")
    report.text(described(config))
    page = report.write()
    webp.copy_figures(folder / "figures", folder / "figures")
    for figure in (folder / "figures").glob("*.png"):
        figure.unlink()
    page.write_text(webp.refer(page.read_text(encoding="utf-8")), encoding="utf-8")
    more = f"More: [{config.output}/report.md]({config.output}/report.md)."
    return webp.refer("\n\n".join([*parts, described(config), more]))


def main(config: Config) -> None:
    """Writes the report and prints the tables."""
    if config.smoke:
        config = dataclasses.replace(config, **SMOKE)
    config.check()
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed (extra 'benchmark'): it is left out.")
        config = without_torch(config)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, goal in zip(config.systems, config.distance, strict=True):
            results[name] = measure(config, name, goal, folder)
    text = write(config, results)
    if config.readme:
        fill_in("peers", text)
    for name, found in results.items():
        print(f"{name}:\n\n{table(tables.rows(found))}\n")
    print(described(config))


if __name__ == "__main__":
    main(tyro.cli(Config, description=peers.__doc__))
