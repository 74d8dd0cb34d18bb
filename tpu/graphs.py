"""What a traced step is made of: its operations, their shapes, where they come from."""

import dataclasses
import os
import re
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

_ROOT = Path(os.path.realpath(__file__)).parents[1]
# Frames of these are nobody's to mend.
_LIBRARIES = re.compile(r"/(?:tensorflow/python|keras/src|keras/api)/|^<")
# What holds no numbers: a list's elements, a variable's handle.
_OPAQUE = (tf.resource, tf.variant)


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why a step cannot run on a TPU.

    Attributes:
        stage: What refused it: tracing, static shapes, lowering or compiling.
        message: What was said, in a line.
        operation: Kind and name of the operation, such as "Unique 'unique/Unique'".
        source: The line that made it, such as "ganzoo/gans/gan.py:214 in judge".
    """

    stage: str
    message: str
    operation: str | None = None
    source: str | None = None


def operations(graph: tf.Graph) -> Iterator[tf.Operation]:
    """Yields the operations of a graph and of the functions that it calls, in order."""
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
    """Returns the first operation whose result has no static shape.

    TensorFlow lowers such operations for a TPU without a word, padded to the largest
    size that they can have; a step of ours is to have static shapes everywhere.
    """
    for operation in operations(graph):
        if operation.type == "Placeholder":  # as static as what is handed in
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
    """Yields the results of an operation that have to have static shapes.

    Those that nothing reads are not lowered. What a fused batch normalization reserves
    for its own gradient is for the kernel to choose: TensorFlow declares no shape.
    """
    returned = {id(tensor) for tensor in getattr(operation.graph, "outputs", ())}
    names = [argument.name for argument in operation.op_def.output_arg]
    if len(names) != len(operation.outputs):  # a list has one name for all
        names = [""] * len(operation.outputs)
    for name, output in zip(names, operation.outputs, strict=True):
        read = output.consumers() or id(output) in returned
        if read and output.dtype not in _OPAQUE and not name.startswith("reserve_"):
            yield output


def unsupported(graph: tf.Graph, message: str) -> Refusal:
    """Returns which operation TensorFlow's message on a failed lowering is about."""
    named = re.search(r"\{\{node ([^}]+)\}\}", message)
    found = named and next((o for o in operations(graph) if o.name == named[1]), None)
    kernel = re.search(r"No registered '(\w+)' OpKernel for (\w+)", message)
    said = f"no kernel for {kernel[2]}" if kernel else _first_line(message)
    if found:
        return Refusal("lowering", said, described(found), source(found))
    operation = (
        f"{kernel[1] if kernel else 'operation'} {named[1]!r}" if named else None
    )
    return Refusal("lowering", said, operation, _line_in(message))


def described(operation: tf.Operation) -> str:
    """Returns kind and name of an operation."""
    return f"{operation.type} {operation.name!r}"


def source(operation: tf.Operation) -> str | None:
    """Returns the innermost line outside of the libraries that made an operation."""
    frames = operation.traceback or ()
    return innermost((frame.filename, frame.lineno, frame.name) for frame in frames)


def innermost(frames) -> str | None:
    """Returns the last frame outside of the libraries; `(file, line, function)`s."""
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
    """A function is known to the graph that it was made in, or to one around it."""
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
    """Returns a path as seen from the project, or from where the command was given."""
    path = Path(os.path.realpath(file))
    for root in (_ROOT, Path.cwd()):
        if path.is_relative_to(root):
            return str(path.relative_to(root))
    return file
