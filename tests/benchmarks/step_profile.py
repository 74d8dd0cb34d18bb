"""Where the seconds of the MNIST train step go, by kind of operation.

    python -m tests.benchmarks.step_profile --readme

TensorFlow's profiler records every operation of some train steps of the seminar paper's
DCGAN, in float32 and simultaneous; the table has each kind's share of the time in
operations. Times of operations that run beside each other are added.
"""

import collections
import contextlib
import dataclasses
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
import ganzoo
from experiments.harness.pages import fill_in
from ganzoo import networks
from ganzoo.layers.convolution import direct_convolutions
from ganzoo.runs import provenance
from ganzoo.runs.reports import table

# Kind -> beginnings of the names of operations, after oneDNN's prefixes.
KINDS = {
    "matrix products (dense layers, transforms, products of frequencies)": (
        "MatMul",
        "BatchMatMul",
        "FusedMatMul",
    ),
    "direct convolutions and their gradients": ("Conv2D", "FusedConv2D"),
    "transpositions": ("Transpose",),
    "batch normalization": ("FusedBatchNorm",),
    "activations": ("LeakyRelu", "Relu", "Tanh"),
    "random numbers": ("Stateless",),
    "Adam": ("ResourceApply", "AssignSub", "AssignAdd", "Sqrt"),
}
ELSE = "everything else"
PREFIXES = ("_MklNative", "_Mkl", "_Fused")


@dataclasses.dataclass(frozen=True)
class Config:
    """What to profile."""

    batch_size: int = 128
    """Images per step."""
    steps: int = 10
    """Steps that are recorded, after as many that are not."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def kind(name: str) -> str | None:
    """Returns the kind of an operation; None for events that are no operations.

    Args:
        name: The profiler's name, such as "generator/up_1/mul:_MklMatMul".
    """
    _, colon, operation = name.rpartition(":")
    if not colon or "::" in name or not operation.isidentifier():
        return None
    for prefix in PREFIXES:
        operation = operation.removeprefix(prefix)
    found = (k for k, starts in KINDS.items() if operation.startswith(starts))
    return next(found, ELSE)


def recorded(folder: Path) -> collections.Counter[str]:
    """Returns the seconds by kind of operation in a folder of the profiler."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    seconds: collections.Counter[str] = collections.Counter()
    for path in folder.glob("**/*.xplane.pb"):
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
        for plane in space.planes:
            for event in (event for line in plane.lines for event in line.events):
                found = kind(plane.event_metadata[event.metadata_id].name)
                if found is not None:
                    seconds[found] += event.duration_ps / 1e12
    return seconds


def profiled(config: Config, direct: bool) -> collections.Counter[str]:
    """Returns the seconds by kind, with direct convolutions or as `GAN.fit` trains."""
    images = np.zeros((config.steps * config.batch_size, 28, 28, 1), "float32")
    with direct_convolutions() if direct else contextlib.nullcontext():
        gan = ganzoo.GAN(
            networks.mnist_generator(),
            networks.mnist_discriminator(),
            update="simultaneous",
            seed=0,
        )
        gan.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
        fit = {"batch_size": config.batch_size, "verbose": 0}
        gan.fit(images, **fit)
        with tempfile.TemporaryDirectory() as folder:
            with tf.profiler.experimental.Profile(folder):
                gan.fit(images, **fit)
            return recorded(Path(folder))


def main(config: Config) -> None:
    """Profiles both ways to convolve, and prints the table."""
    ways = {"GAN.fit": False, "direct convolutions": True}
    found = {way: profiled(config, direct) for way, direct in ways.items()}
    rows = []
    for name in (*KINDS, ELSE):
        row = {"operations": name}
        for way, seconds in found.items():
            each = seconds[name] / config.steps
            share = seconds[name] / seconds.total()
            row[f"{way}, ms per step"] = f"{1e3 * each:.1f}"
            row[f"{way}, share"] = f"{share:.0%}"
        rows.append(row)
    onednn = provenance.describe()["variables"].get("TF_ENABLE_ONEDNN_OPTS")
    text = (
        f"{table(rows)}\n\nfloat32, batches of {config.batch_size}, "
        f"{config.steps} steps; TensorFlow {tf.__version__}, "
        f"TF_ENABLE_ONEDNN_OPTS={onednn}; {provenance.processor()}."
    )
    print(text)
    if config.readme:
        fill_in("step profile", text)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
