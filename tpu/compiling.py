"""Compiles one lowered step for a TPU topology, in a process that preflight starts.

    python compiling.py request.json

It runs in the helper environment "compiling", which has JAX and the TPU compiler, but
not this project, so it cannot import from it. The request names the program, the
topology and the output paths; the result is written as JSON.
"""

import hashlib
import json
import re
import sys
import time
from importlib import metadata
from pathlib import Path


def main(path: str) -> None:
    """Processes the request in a file."""
    from jax.errors import JaxRuntimeError

    request = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        result = compiled(request)
    except JaxRuntimeError as error:
        result = {"refused": refusal(str(error))}
    text = json.dumps(result, indent=2)
    Path(request["result"]).write_text(text, encoding="utf-8")


def compiled(request: dict) -> dict:
    """Compiles the program for all cores of the topology; writes the optimized HLO.

    Returns:
        Costs, memory, fingerprint, compile time in seconds, and versions.

    Raises:
        JaxRuntimeError: The compiler rejects the program.
    """
    import numpy as np
    from jax._src.interpreters import mlir
    from jax._src.lib import _jax, xla_client
    from jax.experimental import topologies
    from jaxlib.mlir import ir

    description = topologies.get_topology_desc(
        platform="tpu", topology_name=request["topology"], **request["options"]
    )
    devices = tuple(description.devices)
    options = xla_client.CompileOptions()
    options.num_replicas, options.num_partitions = len(devices), 1
    options.device_assignment = xla_client.DeviceAssignment.create(
        np.array([[device.id] for device in devices])
    )
    with mlir.make_ir_context(), ir.Location.unknown():
        module = ir.Module.parse(Path(request["program"]).read_bytes())
        readied(module, request["state"], ir)
        text = module.operation.get_asm(enable_debug_info=False)
        start = time.perf_counter()
        executable = devices[0].client.compile(
            module,
            executable_devices=_jax.DeviceList(devices),
            compile_options=options,
        )
    seconds = time.perf_counter() - start
    optimised = executable.hlo_modules()[0].to_string()
    Path(request["optimised"]).write_text(optimised, encoding="utf-8")
    return measured(executable) | {
        "seconds": seconds,
        "fingerprint": hashlib.sha256(text.encode()).hexdigest(),
        "tools": f"libtpu {metadata.version('libtpu')}, jax {metadata.version('jax')}",
    }


def measured(executable) -> dict:
    """Returns the compiler's figures for FLOPs, bytes and memory of one core."""
    costs = executable.cost_analysis()
    costs = costs if isinstance(costs, dict) else costs[0]
    memory = executable.get_compiled_memory_stats()
    names = ("argument", "output", "alias", "temp", "generated_code")
    return {
        "flops": costs["flops"],
        "bytes": costs["bytes accessed"],
        "memory": {name: getattr(memory, f"{name}_size_in_bytes") for name in names},
    }


def refusal(message: str) -> dict:
    """Returns the stage, reason and, if it is named, operation of a refusal."""
    named = re.search(r'op_name="([^"]+)"', message)
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return {
        "stage": "compiling",
        "message": (lines or ["the compiler gave no reason"])[0],
        "operation": named[1] if named else None,
        "source": None,
    }


def readied(module, state: list[int], ir) -> None:
    """Prepares a lowered module for the compiler, in place.

    The module is renamed, because its name contains an arbitrary number. The identity
    operations that TensorFlow inserts are removed, because the compiler's parser does
    not know their dialect. The new state reuses the memory of the old state, as a
    variable on a TPU does.

    Args:
        module: Lowered MLIR module.
        state: Index of the first state argument, and the number of state arguments.
        ir: The module `jaxlib.mlir.ir`.
    """
    module.operation.attributes["sym_name"] = ir.StringAttr.get("step")
    copies = []

    def collect(operation):
        if operation.name == "mhlo.copy":
            copies.append(operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect)
    for copy in copies:
        copy.results[0].replace_all_uses_with(copy.operands[0])
        copy.erase()
    first, count = state
    main = next(f for f in module.body.operations if f.name.value == "main")
    number_of = ir.IntegerType.get_signless(32)
    attributes = list(main.arg_attrs)
    for number in range(count):
        given = {named.name: named.attr for named in attributes[first + number]}
        given["tf.aliasing_output"] = ir.IntegerAttr.get(number_of, number)
        attributes[first + number] = ir.DictAttr.get(given)
    main.arg_attrs = ir.ArrayAttr.get(attributes)


if __name__ == "__main__":
    main(sys.argv[1])
