"""Plants errors, one at a time, and says which test notices each.

    python -m tests.benchmarks.mutations
    python -m tests.benchmarks.mutations --only "real and fake" --readme

The errors are those that a GAN would train with, and badly: a flipped sign in a loss,
real and generated images swapped, the number of replicas forgotten, an unrolling of one
step more or less, one draw of alpha for a whole batch. Each is planted in a copy of the
project, where the tests named beside it are run up to the first that fails. The exit
status is 1 if some error goes unnoticed.
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
    """An error to plant.

    Attributes:
        name: What it is.
        path: Of the module.
        right: What stands there, once.
        wrong: What is put in its place.
        tests: Which are run; paths, and options of pytest.
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
GAMES = (
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
        "gradient penalty: alpha drawn once a batch",
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
    """Which errors, and where they are told of."""

    only: str = ""
    """Plant those alone whose names have these words."""
    readme: bool = False
    """Put the table into RESULTS.md, too."""


def noticed(mutation: Mutation, copy: Path) -> str:
    """Plants an error in a copy of the project; returns the test that fails, or ""."""
    path = copy / mutation.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.right) != 1:
        raise ValueError(
            f"{mutation.name}: {mutation.path} has {mutation.right!r} "
            f"{text.count(mutation.right)} times; it must be there once."
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
        for mutation in (*LOSSES, *GAMES):
            if config.only not in mutation.name:
                continue
            test = noticed(mutation, copy)
            print(f"{mutation.name}: {test or 'NOT NOTICED'}", flush=True)
            said = f"`{test}`" if test else "none"
            rows.append({"error": mutation.name, "noticed first by": said})
    if not rows:
        raise ValueError(f"only={config.only!r} is in the name of no error.")
    if config.readme:
        fill_in("mutations", table(rows))
    print(f"\n{table(rows)}")
    return int(any(row["noticed first by"] == "none" for row in rows))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Config)))
