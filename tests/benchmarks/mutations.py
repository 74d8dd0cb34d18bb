"""Inserts errors into the code, one at a time, and reports which test detects each.

    python -m tests.benchmarks.mutations
    python -m tests.benchmarks.mutations --only "real and fake" --readme

The errors are such that a GAN would still train, but badly: a flipped sign in a loss,
swapped real and generated images, a forgotten number of replicas, unrolling by one step
more or less, one alpha for a whole batch. Each error is inserted into a copy of the
project, where its tests run until the first failure. The exit status is 1 if an error
is not detected.
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tyro

from experiments.harness.pages import fill_in
from ganzoo.runs.reports import table

ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Mutation:
    """An error to insert.

    Attributes:
        name: Description of the error.
        path: Path of the module.
        right: The correct code, which occurs once in the module.
        wrong: The code to replace it with.
        tests: Tests to run: paths and options of pytest.
    """

    name: str
    path: str
    right: str
    wrong: str
    tests: tuple[str, ...]


def _loss(name: str, right: str, wrong: str) -> Mutation:
    tests = ("tests/test_losses.py",)
    return Mutation(f"{name}: a sign", "ganzoo/losses.py", right, wrong, tests)


LOSSES = (
    _loss("minimax, generator", "-ops.softplus(fake)", "ops.softplus(fake)"),
    _loss(
        "cross-entropies, discriminator",
        "ops.softplus(-real) + ops.softplus(fake)",
        "ops.softplus(real) + ops.softplus(fake)",
    ),
    _loss("non-saturating, generator", "softplus(-fake)),", "softplus(fake)),"),
    _loss("least squares, discriminator", "(real - b)", "(real + b)"),
    _loss("least squares, generator", "(fake - c)", "(fake + c)"),
    _loss("hinge, discriminator", "relu(1.0 + fake)", "relu(1.0 - fake)"),
    _loss("Wasserstein, critic", "fake: fake - real),", "fake: real - fake),"),
    _loss("absolute error, discriminator", "ops.sigmoid(fake)", "ops.sigmoid(-fake)"),
    _loss(
        "absolute error, generator",
        "fake: ops.sigmoid(-fake)",
        "fake: ops.sigmoid(fake)",
    ),
    _loss(
        "relativistic, generator",
        "softplus(real - fake)),",
        "softplus(fake - real)),",
    ),
    _loss("zero sum, generator", "-loss.discriminator(", "loss.discriminator("),
)
MODELS = (
    Mutation(
        "GAN: real and fake swapped in the discriminator's loss",
        "ganzoo/gans/base.py",
        "loss.discriminator(real_logits, fake_logits)",
        "loss.discriminator(fake_logits, real_logits)",
        ("tests/gans/test_gan.py",),
    ),
    Mutation(
        "DiscoGAN: the generators' gradient by the discriminators' loss",
        "ganzoo/gans/discogan.py",
        "return [self.generator_objective(terms)], terms",
        'return [terms["discriminator_loss"]], terms',
        ("tests/gans/test_discogan.py",),
    ),
    Mutation(
        "SimGAN: real and refined swapped in the discriminator's loss",
        "ganzoo/gans/simgan.py",
        "self.discriminator_terms(real, fake, random)",
        "self.discriminator_terms(fake, real, random)",
        ("tests/gans/test_simgan.py",),
    ),
    Mutation(
        "InfoGAN: the information's sign",
        "ganzoo/gans/infogan.py",
        "super().discriminator_objective(terms) - self._information(terms)",
        "super().discriminator_objective(terms) + self._information(terms)",
        ("tests/gans/test_infogan.py",),
    ),
    Mutation(
        "the factor 1 / replicas dropped",
        "ganzoo/distribute/replicas.py",
        "ops.size(values) * num_replicas()",
        "ops.size(values)",
        ("tests/distribute/test_distribute.py", "tests/gans/test_replicas.py"),
    ),
    Mutation(
        "unrolling by K + 1 steps",
        "ganzoo/gans/unrolled.py",
        "unroll(step, state, fake, self.unrolled_steps)",
        "unroll(step, state, fake, self.unrolled_steps + 1)",
        ("tests/gans/test_unrolled_training.py", "tests/gans/test_unrolled.py"),
    ),
    Mutation(
        "unrolling by K - 1 steps",
        "ganzoo/gans/unrolled.py",
        "unroll(step, state, fake, self.unrolled_steps)",
        "unroll(step, state, fake, self.unrolled_steps - 1)",
        ("tests/gans/test_unrolled_training.py", "tests/gans/test_unrolled.py"),
    ),
    Mutation(
        "gradient penalty: one alpha per batch",
        "ganzoo/penalties.py",
        "random.uniform((ops.shape(real)[0], *ones))",
        "random.uniform((1, *ones))",
        ("tests/test_penalties.py",),
    ),
    Mutation(
        "gradient penalty: the norm's target",
        "ganzoo/penalties.py",
        "ops.sqrt(squares + _TINY) - 1.0",
        "ops.sqrt(squares + _TINY)",
        ("tests/test_penalties.py",),
    ),
    Mutation(
        "k discriminator steps, all on the same images",
        "ganzoo/gans/gan.py",
        "split_batch(images, condition, self.discriminator_steps)",
        "split_batch(images, condition, self.discriminator_steps)[:1]"
        " * self.discriminator_steps",
        ("tests/gans/test_gan.py",),
    ),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Which errors to insert."""

    only: str = ""
    """Insert only errors whose names contain this text."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def noticed(mutation: Mutation, copy: Path) -> str:
    """Inserts an error into a copy of the project; returns the failed test, or ""."""
    path = copy / mutation.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.right) != 1:
        raise ValueError(
            f"{mutation.name}: {mutation.path} has {mutation.right!r} "
            f"{text.count(mutation.right)} times; it must occur once."
        )
    path.write_text(text.replace(mutation.right, mutation.wrong), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", *mutation.tests],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
        )
    finally:
        path.write_text(text, encoding="utf-8")
    failed = re.search(r"^FAILED (?:\S*/)?(\S+)", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1) or (done.returncode == 1 and not failed):
        raise RuntimeError(f"{mutation.name}: no test ran to its end:\n{done.stdout}")
    return failed[1] if failed else ""


def main(config: Config) -> int:
    """Prints the table; returns the exit status."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ganzoo"
        left_out = shutil.ignore_patterns("runs", ".git", "__pycache__", "site")
        shutil.copytree(ROOT, copy, ignore=left_out)
        for mutation in (*LOSSES, *MODELS):
            if config.only not in mutation.name:
                continue
            test = noticed(mutation, copy)
            print(f"{mutation.name}: {test or 'NOT DETECTED'}", flush=True)
            shown = f"`{test}`" if test else "none"
            rows.append({"error": mutation.name, "detected by": shown})
    if not rows:
        raise ValueError(
            f"only={config.only!r} must be part of the name of an error, such as "
            f"{LOSSES[0].name!r}."
        )
    if config.readme:
        fill_in("mutations", table(rows))
    print(f"\n{table(rows)}")
    return int(any(row["detected by"] == "none" for row in rows))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Config)))
