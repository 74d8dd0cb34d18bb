"""Compiles an experiment's train step for a TPU, in a process that preflight starts.

    KERAS_BACKEND=jax python -m tpu.compiling request.json

The step is the one that `fit()` runs on JAX, with the batch divided among the devices
of the topology; these exist in the compiler's description only. The request names the
experiment, its arguments, the topology and a folder for the program and the answer.
"""

import dataclasses
import functools
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

# Must precede Keras, because it silences startup messages.
import experiments  # noqa: F401

# isort: split
import jax
import keras
import numpy as np
from jax.experimental import topologies as descriptions

from experiments.harness.model import Step
from ganzoo import distribute
from ganzoo.backend.jax import pure_step
from ganzoo.gans import train_function
from tpu import refusals, steps, topologies
from tpu.refusals import RefusedError
from tpu.topologies import Topology

_MEMORY = ("argument", "output", "alias", "temp", "generated_code")


def main(path: str) -> None:
    """Processes the request in a file; an invalid one is answered with one line."""
    request = json.loads(Path(path).read_text(encoding="utf-8"))
    folder = Path(request["folder"])
    try:
        if request["experiment"] is None:
            answer: dict = {"experiments": steps.every_experiment()}
        else:
            topology = topologies.topology(request["topology"])
            answer = check(
                request["experiment"], request["arguments"], topology, folder
            )
    except ValueError as error:
        answer = {"error": str(error)}
    text = json.dumps(answer, indent=2)
    (folder / "answer.json").write_text(text, encoding="utf-8")


def check(name: str, arguments: list[str], topology: Topology, folder: Path) -> dict:
    """Compiles the step of an experiment; writes the optimized program to `step.hlo`.

    Returns:
        The global batch, the real images of a step, the precision and the versions;
        and under "compiled" the compiler's figures, or under "refused" the fields of a
        `refusals.Refusal`.

    Raises:
        ValueError: The experiment does not exist or has no step, its settings are
            invalid, or the batch cannot be divided among the cores.
    """
    paper = steps.experiment(name)
    config = steps.read_config(paper, arguments)
    distribute.per_replica_batch(config.batch_size, topology.cores)
    devices = described(topology)
    step = paper.train_step(config)
    versions = [f"{p} {metadata.version(p)}" for p in ("keras", "jax", "libtpu")]
    answer = {
        "batch": config.batch_size,
        "images": step.images,
        "precision": config.precision,
        "tools": ", ".join(versions),
    }
    try:
        figures, program = compiled(lowered(step, devices))
    except RefusedError as error:
        return answer | {"refused": dataclasses.asdict(error.refusal)}
    (folder / "step.hlo").write_text(program, encoding="utf-8")
    return answer | {"compiled": figures}


def described(topology: Topology) -> Sequence:
    """Returns the compiler's description of the devices of a topology."""
    return descriptions.get_topology_desc(
        platform="tpu", topology_name=topology.name, **topology.options
    ).devices


def lowered(step: Step, devices: Sequence) -> jax.stages.Lowered:
    """Lowers a step for devices that share the batch and have all variables each.

    Raises:
        RefusedError: It cannot be traced.
    """
    kind = devices[0].platform
    mesh = keras.distribution.DeviceMesh(
        (len(devices),), ["batch"], [f"{kind}:{device.id}" for device in devices]
    )
    # Keras would look for the devices on this machine.
    mesh._backend_mesh = jax.sharding.Mesh(np.array(devices), mesh.axis_names)
    distribution = keras.distribution.DataParallel(device_mesh=mesh)
    variables = train_function.variables_of(step.model)

    def spec(tensor: Any, *axes: str) -> jax.ShapeDtypeStruct:
        layout = jax.sharding.NamedSharding(
            mesh.backend_mesh, jax.sharding.PartitionSpec(*axes)
        )
        return jax.ShapeDtypeStruct(tensor.shape, tensor.dtype, sharding=layout)

    state = [spec(variable) for variable in variables]
    batch = keras.tree.map_structure(lambda tensor: spec(tensor, "batch"), step.batch)
    function = functools.partial(train_function.scheduled_step, step.model)
    with distribution.scope():
        try:
            return pure_step(function, variables).lower(state, batch)
        except Exception as error:  # a step may raise anything
            raise RefusedError(refusals.untraceable(error)) from error


def compiled(program: jax.stages.Lowered) -> tuple[dict, str]:
    """Compiles a lowered step.

    Returns:
        The compiler's figures for FLOPs, bytes and memory of one core, the compile time
        in seconds and the program's fingerprint; and the optimized program.

    Raises:
        RefusedError: The compiler rejects it.
    """
    start = time.perf_counter()
    try:
        executable = program.compile()
    except jax.errors.JaxRuntimeError as error:
        raise RefusedError(refusals.rejected(str(error))) from error
    seconds = time.perf_counter() - start
    costs, memory = executable.cost_analysis(), executable.memory_analysis()
    figures = {
        "flops": costs["flops"],
        "bytes": costs["bytes accessed"],
        "memory": {name: getattr(memory, f"{name}_size_in_bytes") for name in _MEMORY},
        "seconds": seconds,
        "fingerprint": hashlib.sha256(program.as_text().encode()).hexdigest(),
    }
    return figures, executable.as_text()


if __name__ == "__main__":
    main(sys.argv[1])
