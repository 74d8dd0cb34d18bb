"""Costs of an optimized program, read from the HLO text of the TPU compiler."""

import dataclasses
import functools
import math
import re

_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?[\w.\-]+ = (.*?) ([a-z][\w\-]*)\(")
_CYCLES = re.compile(r'"estimated_cycles":"(\d+)"')
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
_ARRAY = re.compile(r"\b(pred|bf16|[a-z]+(\d+))\[([\d,]*)\]")
_SUMS = ("all-reduce", "all-reduce-start", "reduce-scatter", "all-gather")


@dataclasses.dataclass(frozen=True)
class Costs:
    """Costs of a step on one core.

    Attributes:
        cycles: The compiler's cycle estimates, summed over the program's operations.
        sums: Number of operations in which the replicas exchange tensors.
        sum_bytes: Size of the results of these operations, in bytes.
        endless: Number of loops whose length the compiler does not know. Each is
            counted as one iteration.
    """

    cycles: int
    sums: int = 0
    sum_bytes: int = 0
    endless: int = 0

    def __add__(self, other: "Costs") -> "Costs":
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Costs(*(a + b for a, b in pairs))

    def times(self, count: int) -> "Costs":
        """Returns the costs of `count` repetitions."""
        return Costs(*(count * value for value in dataclasses.astuple(self)))


def of_program(text: str) -> Costs:
    """Adds up the costs of an optimized HLO module, with every iteration of a loop.

    Args:
        text: HLO text, as the TPU compiler prints it.

    Raises:
        ValueError: The text has no entry computation.
    """
    computations, entry = _computations(text)
    if entry is None:
        raise ValueError("This is not an HLO module: it has no ENTRY computation.")

    @functools.cache
    def of_computation(name: str) -> Costs:
        instructions = computations.get(name, [])
        return sum((of_instruction(*i) for i in instructions), Costs(0))

    def of_instruction(shape: str, opcode: str, line: str) -> Costs:
        if opcode == "while":
            once = of_computation(_called(line, "body"))
            once += of_computation(_called(line, "condition"))
            trips = _TRIPS.search(line)
            return once.times(int(trips[1])) if trips else once + Costs(0, endless=1)
        if opcode == "conditional":
            return max(
                map(of_computation, _branches(line)),
                key=lambda costs: costs.cycles,
                default=Costs(0),
            )
        if opcode == "call":
            return of_computation(_called(line, "to_apply"))
        if opcode == "async-start":
            return of_computation(_called(line, "calls"))
        estimated = _CYCLES.search(line)
        costs = Costs(int(estimated[1]) if estimated else 0)
        if opcode in _SUMS:
            costs += Costs(0, sums=1, sum_bytes=array_bytes(shape))
        return costs

    return of_computation(entry)


def array_bytes(shape: str) -> int:
    """Returns the size of an HLO shape, such as "(f32[5,5]{1,0}, s32[])"."""
    total = 0
    for dtype, bits, dimensions in _ARRAY.findall(shape):
        size = math.prod(int(d) for d in dimensions.split(",") if d)
        width = {"pred": 8, "bf16": 16}.get(dtype) or int(bits)
        total += size * width // 8
    return total


def _computations(text: str) -> tuple[dict[str, list[tuple]], str | None]:
    """Returns the instructions of each computation, by name, and the entry's name."""
    found, entry, current = {}, None, None
    for line in text.splitlines():
        if head := _COMPUTATION.match(line):
            current = found.setdefault(head[2], [])
            entry = head[2] if head[1] else entry
        elif current is not None and (instruction := _INSTRUCTION.match(line)):
            current.append((instruction[1], instruction[2], line))
    return found, entry


def _called(line: str, attribute: str) -> str:
    named = re.search(rf"\b{attribute}=%?([\w.\-]+)", line)
    return named[1] if named else ""


def _branches(line: str) -> list[str]:
    listed = re.search(r"\bbranch_computations=\{([^}]*)\}", line)
    if listed:
        return [name.strip().lstrip("%") for name in listed[1].split(",")]
    both = ("true_computation", "false_computation")
    return [_called(line, attribute) for attribute in both]
