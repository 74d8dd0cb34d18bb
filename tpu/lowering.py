"""Lowers an experiment's train step for a TPU, in a process that preflight starts.

    python -m tpu.lowering request.json

It runs in the helper environment "lowering", whose TensorFlow has TPU kernels. For a
quick check it runs in the environment of preflight. The request names the experiment,
its arguments and a folder, to which the programs and their descriptions are written.
"""

import dataclasses
import importlib
import json
import sys
import traceback
from pathlib import Path

# Must precede TensorFlow, because it silences its startup messages.
import experiments  # noqa: F401

# isort: split
import keras
import tensorflow as tf

from experiments.harness import Paper, command, discover, precisions
from experiments.harness.model import Step
from ganzoo import distribute
from tpu import functional, graphs


def main(path: str) -> None:
    """Processes the request in a file; an invalid one is answered with one line."""
    request = json.loads(Path(path).read_text(encoding="utf-8"))
    folder = Path(request["folder"])
    try:
        if request["experiment"] is None:
            answer = {"experiments": every_experiment()}
        else:
            answer = lower(request, folder)
    except ValueError as error:
        answer = {"error": str(error)}
    answer["tensorflow"], answer["keras"] = tf.__version__, keras.__version__
    text = json.dumps(answer, indent=2)
    (folder / "answer.json").write_text(text, encoding="utf-8")


def lower(request: dict, folder: Path) -> dict:
    """Lowers a step for each requested number of replicas.

    If the platform is None, the request is only checked.

    Raises:
        ValueError: The experiment does not exist or has no step, or its settings or
            the number of replicas are invalid.
    """
    paper = experiment(request["experiment"])
    config = read_config(paper, request["arguments"])
    for replicas in request["replicas"]:
        distribute.per_replica_batch(config.batch_size, replicas)
    if request["platform"] is None:
        return {}
    step = paper.train_step(config)
    answer = {"batch": config.batch_size, "images": step.images, "programs": {}}
    answer["precision"] = config.precision
    for replicas in request["replicas"]:
        path = folder / f"replicas_{replicas}.stablehlo"
        program = lower_step(step, replicas, request["platform"], path)
        answer["programs"][replicas] = program
    return answer


def lower_step(step: Step, replicas: int, platform: str, path: Path) -> dict:
    """Lowers one step and writes the program.

    Args:
        step: The compiled model and the specs of its inputs.
        replicas: Number of replicas that share the batch.
        platform: "TPU" uses TPU kernels, "CPU" those that any TensorFlow has.
        path: Output path of the program, as StableHLO.

    Returns:
        The path, the place of the state among the arguments, and the operations'
        source lines; or, under "refused", the fields of a `graphs.Refusal`.
    """
    batch = tf.nest.map_structure(lambda spec: share(spec, replicas), step.batch)
    add = functional.cross_replica_sum if platform == "TPU" else all_reduce
    pure = functional.FunctionalStep(step.model, batch, replicas, add)
    function = pure.function()
    try:
        graph = function.get_concrete_function(*pure.specs).graph
    except Exception as error:  # a step may raise anything
        return {"refused": dataclasses.asdict(untraceable(error))}
    refusal = captured(graph)
    if refusal is None:
        try:
            compiler_ir = function.experimental_get_compiler_ir(*pure.specs)
            path.write_bytes(
                compiler_ir(stage="stablehlo_serialized", platform_name=platform)
            )
        except (ValueError, tf.errors.OpError) as error:
            refusal = graphs.unsupported(graph, str(error))
    refusal = refusal or graphs.dynamic_shape(graph)
    if refusal is not None:
        return {"refused": dataclasses.asdict(refusal)}
    return {
        "path": str(path),
        "state": [1, len(pure.variables)],
        # For a refusal by the compiler, which knows only the operation's name.
        "sources": {o.name: graphs.source(o) for o in graphs.operations(graph)},
    }


def share(spec: tf.TensorSpec, replicas: int) -> tf.TensorSpec:
    """Returns the spec of one replica's share of a batch.

    Raises:
        ValueError: The number of replicas does not divide the batch size.
    """
    rows = distribute.per_replica_batch(spec.shape[0], replicas)
    return tf.TensorSpec([rows, *spec.shape[1:]], spec.dtype)


def all_reduce(tensor: tf.Tensor, groups: list[list[int]]) -> tf.Tensor:
    """Returns the sum over the replicas, by an operation of every XLA device."""
    from tensorflow.compiler.tf2xla.ops import gen_xla_ops

    return gen_xla_ops.xla_all_reduce(tensor, groups, "Add", "CrossReplica")


def captured(graph: tf.Graph) -> graphs.Refusal | None:
    """Returns a refusal if the step uses variables that are not arguments."""
    taken = [inner for outer, inner in graph.captures if outer.dtype == tf.resource]
    if not taken:
        return None
    reader = taken[0].consumers()[0]
    names = ", ".join(variable.name for variable in graph.variables)
    return graphs.Refusal(
        "tracing",
        f"it reads or writes variables that are not part of the model: {names}",
        graphs.described(reader),
        graphs.source(reader),
    )


def untraceable(error: Exception) -> graphs.Refusal:
    """Returns a refusal for a step that raised an exception during tracing."""
    frames = traceback.extract_tb(error.__traceback__)
    reason = next((line for line in str(error).splitlines() if line.strip()), "")
    return graphs.Refusal(
        "tracing",
        f"{type(error).__name__}: {reason}",
        source=graphs.innermost((f.filename, f.lineno, f.name) for f in frames),
    )


def experiment(name: str) -> Paper:
    """Imports the module of an experiment; returns its `PAPER`.

    Raises:
        ValueError: The module does not exist, or declares no `PAPER` with a train step.
    """
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        raise ValueError(
            f"There is no module {name!r}; the experiments with a train step are "
            f"{', '.join(sorted({found for found, *_ in every_experiment()}))}."
        ) from None
    paper = getattr(module, "PAPER", None)
    if not isinstance(paper, Paper) or not paper.experiments:
        raise ValueError(
            f"{name} has no train step to check: it declares no PAPER, an "
            "experiments.harness.Paper with an Experiment."
        )
    return paper


def every_experiment() -> list[list[str]]:
    """Returns the module and the arguments of each train step of each experiment."""
    return [
        [f"experiments.{paper.name}", *arguments]
        for paper in discover.papers()
        for arguments in paper.train_step_arguments()
    ]


def read_config(paper: Paper, arguments: list[str]):
    """Parses and checks a configuration as the experiment's command line does.

    The precision "auto" becomes that of a TPU. A mistake in the arguments ends the
    process with the message of the command line.
    """
    config = command.parse(paper, arguments)
    config.check()
    return dataclasses.replace(
        config, precision=precisions.resolve(config.precision, "tpu")
    )


if __name__ == "__main__":
    main(sys.argv[1])
