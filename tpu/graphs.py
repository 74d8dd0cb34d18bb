"""The operations of a traced step, with their shapes and source lines."""

import dataclasses
import os
import re
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

_ROOT = Path(os.path.realpath(__file__)).parents[1]
# Stack frames of libraries, in which the user cannot fix anything.
_LIBRARIES = re.compile(r"/(?:tensorflow/python|keras/src|keras/api)/|^<")
# Types that hold no numbers: handles of variables, and lists.
_OPAQUE = (tf.resource, tf.variant)


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why a step cannot run on a TPU.

    Attributes:
        stage: The stage that failed: tracing, static shapes, lowering or compiling.
        message: The reason, in one line.
        operation: Type and name of the operation, such as "Unique 'unique/Unique'".
        source: Its source line, such as "ganzoo/gans/gan.py:246 in discriminate".
    """

    stage: str
    message: str
    operation: str | None = None
    source: str | None = None


def operations(graph: tf.Graph) -> Iterator[tf.Operation]:
    """Yields the operations of a graph and of the functions it calls, in order."""
    seen = set()

    def of(graph: tf.Graph) -> Iterator[tf.Operation]:
        for operation in graph.get_operations():
            yield operation
            for name in _called(operation):
                function = _function(graph, name)
                if name not in seen and function is not None:
                    seen.add(name)
                    yield from of(function.graph)

    return of(graph)


def dynamic_shape(graph: tf.Graph) -> Refusal | None:
    """Returns a refusal for the first operation whose result has no static shape.

    TensorFlow silently lowers such operations for a TPU, padded to their largest
    possible size. A train step of this project must have static shapes everywhere.
    """
    for operation in operations(graph):
        if operation.type == "Placeholder":  # as static as its argument
            continue
        for output in _numbers(operation):
            if not output.shape.is_fully_defined():
                return Refusal(
                    "static shapes",
                    f"its result has the shape {output.shape}, which depends on data",
                    described(operation),
                    source(operation),
                )
    return None


def _numbers(operation: tf.Operation) -> Iterator[tf.Tensor]:
    """Yields the results of an operation that must have static shapes.

    Results that nothing reads are not lowered. The results that a fused batch
    normalization reserves for its gradient have a shape that the kernel chooses and
    TensorFlow does not declare.
    """
    returned = {id(tensor) for tensor in getattr(operation.graph, "outputs", ())}
    names = [argument.name for argument in operation.op_def.output_arg]
    if len(names) != len(operation.outputs):  # the outputs of a list share a name
        names = [""] * len(operation.outputs)
    for name, output in zip(names, operation.outputs, strict=True):
        read = output.consumers() or id(output) in returned
        if read and output.dtype not in _OPAQUE and not name.startswith("reserve_"):
            yield output


def unsupported(graph: tf.Graph, message: str) -> Refusal:
    """Returns a refusal for the operation that TensorFlow failed to lower.

    Args:
        graph: Graph of the step.
        message: TensorFlow's error message.
    """
    named = re.search(r"\{\{node ([^}]+)\}\}", message)
    found = named and next((o for o in operations(graph) if o.name == named[1]), None)
    kernel = re.search(r"No registered '(\w+)' OpKernel for (\w+)", message)
    reason = f"no kernel for {kernel[2]}" if kernel else _first_line(message)
    if found:
        return Refusal("lowering", reason, described(found), source(found))
    operation = (
        f"{kernel[1] if kernel else 'operation'} {named[1]!r}" if named else None
    )
    return Refusal("lowering", reason, operation, _line_in(message))


def described(operation: tf.Operation) -> str:
    """Returns the type and name of an operation."""
    return f"{operation.type} {operation.name!r}"


def source(operation: tf.Operation) -> str | None:
    """Returns the innermost line outside the libraries that created an operation."""
    frames = operation.traceback or ()
    return innermost((frame.filename, frame.lineno, frame.name) for frame in frames)


def innermost(frames) -> str | None:
    """Returns the innermost line outside the libraries; None if there is none.

    Args:
        frames: Tuples (file, line, function), the innermost last.
    """
    own = [frame for frame in frames if not _LIBRARIES.search(frame[0])]
    if not own:
        return None
    file, line, function = own[-1]
    return f"{_short(file)}:{line} in {function}"


def _called(operation: tf.Operation) -> list[str]:
    attributes = operation.node_def.attr.values()
    single = [a.func.name for a in attributes if a.HasField("func")]
    return single + [function.name for a in attributes for function in a.list.func]


def _function(graph: tf.Graph | None, name: str):
    """Returns a function from the graph or from one of its outer graphs."""
    while graph is not None:
        if (found := graph._get_function(name)) is not None:
            return found
        graph = getattr(graph, "outer_graph", None)
    return None


def _line_in(message: str) -> str | None:
    lines = re.findall(r'File "([^"]+)", line (\d+), in (\S+)', message)
    return innermost(lines)


def _first_line(message: str) -> str:
    message = message.removeprefix("Failed getting HLO text: '")
    return next((line.strip() for line in message.splitlines() if line.strip()), "")


def _short(file: str) -> str:
    """Returns a path relative to the project or to the working directory."""
    path = Path(os.path.realpath(file))
    for root in (_ROOT, Path.cwd()):
        if path.is_relative_to(root):
            return str(path.relative_to(root))
    return file
