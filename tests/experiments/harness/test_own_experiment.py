"""A new experiment touches its own folder only: one is made here, and used in all ways.

It is run, resumed, compared, checked, published and found by `tpu.preflight`, without a
line anywhere else.
"""

import dataclasses
import importlib
import json
import re
import sys
import textwrap
from pathlib import Path

import pytest

import experiments
from experiments import harness
from experiments.harness import discover, publish, readme_table, results
from ganzoo import zoo
from ganzoo.runs import RunError, provenance
from ganzoo.zoo import catalog
from tpu import steps

pytestmark = pytest.mark.usefixtures("without_graphs_at_all")

SOURCE = '''
"""A tiny paper: a GAN of a few weights, of the embedded digits."""

import dataclasses

from experiments import harness
from experiments.harness import compare
from experiments.harness.data import images_and_test
from experiments.harness.report import sections
from ganzoo import callbacks, networks


@dataclasses.dataclass(frozen=True)
class Config(harness.GanConfig, harness.SamplingConfig):
    """The fields of the paper."""

    output: str = "runs/tiny_paper"
    dataset: str = "digits"
    epochs: int = 2
    batch_size: int = 40
    latent_dim: int = 4
    train_images: int | None = 80
    sample_count: int = 4
    measure_samples: int = 20


def generator(config):
    return "mnist_mlp_generator", {"latent_dim": config.latent_dim}


def build(config):
    discriminator = networks.mnist_mlp_discriminator()
    return harness.gan(config, harness.network(generator(config)), discriminator)


def sample(folder, config, data):
    return [callbacks.SampleGrids(folder, data.train.images, count=4)]


def found(report):
    report.table([{"steps": str(report.epochs[-1]["step"])}])


EXPERIMENT = harness.Experiment(
    config=Config,
    data=lambda config: images_and_test(config, (28, 28, 1)),
    build=build,
    inputs=harness.images_of(28, 28, 1),
    callbacks=sample,
    report=harness.Sections(
        lambda config, data: f"A tiny paper: {data.train.name}",
        (found, sections.samples("Images"), sections.losses()),
    ),
    smoke={"epochs": 1},
    reference_values=(
        harness.ReferenceValue("last/generator_loss", "it is finite", maximum=100.0),
    ),
    zoo={"tiny": harness.ZooEntry("A tiny GAN", generator)},
    readme=harness.Row(
        "tiny_paper", "a tiny paper", "nothing", "{tiny|last/generator_loss|.0f} nats"
    ),
)
BENCHMARK = harness.Benchmark(
    "tiny",
    EXPERIMENT,
    {"plain": {}, "hinge": {"loss": "hinge"}},
    {"loss": ("generator_loss", "{:.1f}")},
)


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """Every variant with every seed."""

    variants = BENCHMARK.variants

    output: str = "runs/tiny_compare"


PAPER = harness.Paper(
    name="tiny_paper",
    description=__doc__,
    commands={
        "": EXPERIMENT,
        "compare": compare.command(Compare, BENCHMARK),
    },
)
'''


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """Writes the folder, and puts it beside those of the other papers."""
    folder = tmp_path_factory.mktemp("papers")
    (folder / "tiny_paper").mkdir()
    (folder / "tiny_paper" / "__init__.py").write_text(textwrap.dedent(SOURCE))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments, "__path__", [*experiments.__path__, str(folder)])
        yield importlib.import_module("experiments.tiny_paper")
    del sys.modules["experiments.tiny_paper"]


@pytest.fixture(scope="module")
def finished(paper, tmp_path_factory):
    """A finished run, by the command line; its folder."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    words = ["--output", str(folder), "--no-deterministic"]
    harness.main(paper.PAPER, words)
    return folder


def test_it_is_found_with_its_train_step(paper):
    assert paper.PAPER in discover.papers()
    assert ["experiments.tiny_paper"] in steps.every_experiment()
    found = steps.experiment("experiments.tiny_paper")
    config = steps.read_config(found, ["--batch-size", "8"])
    step = found.train_step(config)
    assert step.batch.shape == (8, 28, 28, 1)
    assert step.images == 8


def test_it_runs_reports_and_checks(paper, finished, capsys):
    report = (finished / "report.md").read_text(encoding="utf-8")
    for words in ("# A tiny paper: digits, first 80", "## Images", "## Losses"):
        assert words in report
    assert "## What was run" in report
    assert "| latent_dim = 4" not in report
    assert harness.check.check(finished, paper.EXPERIMENT)
    assert "PASS last/generator_loss" in capsys.readouterr().out


def test_it_resumes_and_refuses_other_fields(paper, finished):
    config = json.loads((finished / "config.json").read_text())
    config = paper.Config(**config)
    longer = paper.EXPERIMENT.run(dataclasses.replace(config, epochs=3))
    assert [row["step"] for row in longer.rows("history.csv")] == [2, 4, 6]
    with pytest.raises(RunError, match=r"latent_dim: 4 -> 5"):
        paper.EXPERIMENT.run(dataclasses.replace(config, latent_dim=5))


def test_a_field_that_is_newer_than_the_run_is_no_change(paper, finished):
    path = finished / "config.json"
    config = json.loads(path.read_text())
    asked = paper.Config(**config)
    assert config.pop("beta_2") == 0.999
    path.write_text(json.dumps(config))
    paper.EXPERIMENT.run(asked)
    assert json.loads(path.read_text())["beta_2"] == 0.999
    path.write_text(json.dumps(config))
    with pytest.raises(RunError, match="beta_2"):
        paper.EXPERIMENT.run(dataclasses.replace(asked, beta_2=0.9))


def test_its_variants_are_compared(paper, tmp_path):
    words = ["compare", "--seeds", "1", "--smoke", "--output", str(tmp_path / "all")]
    harness.main(paper.PAPER, words)
    report = (tmp_path / "all" / "report.md").read_text(encoding="utf-8")
    assert "# Variants compared: tiny" in report
    assert "| plain | 1 | 1 | 2 |" in report
    assert "| hinge | 1 | 1 | 2 |" in report
    assert f"Trained on {provenance.processor()}." in report
    names = [one.name for one in results.results(tmp_path / "all")]
    assert names == ["hinge", "plain"]


def test_it_is_published_with_its_row_and_its_generator(
    paper, finished, tmp_path, monkeypatch
):
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "RESULTS.md").write_text("<!-- results: tiny -->\n<!-- end -->\n")
    publish.publish(
        publish.Config(run=str(finished), name="tiny", kind="tiny", zoo="tiny_gan")
    )
    assert "| steps |" in (tmp_path / "RESULTS.md").read_text()
    assert zoo.card("tiny_gan")["title"].startswith("A tiny GAN of digits, first 80, ")
    row = readme_table.table(
        readme_table.rows_of(paper.PAPER), results.published(tmp_path / "reports")
    )
    assert "nats (one seed; [report](reports/tiny/report.md))" in row


def test_the_harness_imports_no_experiment():
    for path in sorted(Path(harness.__file__).parent.rglob("*.py")):
        found = re.findall(r"^(?:from|import) (experiments\S*)", path.read_text(), re.M)
        for module in found:
            inside = module.startswith("experiments.harness")
            assert inside or module == "experiments", f"{path} imports {module}"
