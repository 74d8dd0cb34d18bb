"""The TPUs that a program can be compiled for: their cores, memory and clocks."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Generation:
    """A kind of TPU chip.

    A core is what TensorFlow and JAX call a device. From v4 on the two cores of a large
    chip work as one ("megacore"); those of TPU7x are two devices again.

    Attributes:
        name: As in the names of topologies.
        cores: Of a chip.
        memory: Of a core, in GiB: what the TPU compiler gives to programs, a little
            less than the chip's data sheet says.
        tera: Peak of a core in bfloat16, in TFLOP/s, of the data sheet.
        per_cycle: Multiplications and additions that its matrix units do in a cycle.
        shapes: Slices to be had, in chips.
        options: What the compiler has to be told of such a slice.
    """

    name: str
    cores: int
    memory: float
    tera: float
    per_cycle: int
    shapes: tuple[str, ...]
    options: dict = dataclasses.field(default_factory=dict)

    @property
    def gigahertz(self) -> float:
        """The clock rate at which the matrix units reach the peak of the data sheet."""
        return self.tera * 1e3 / self.per_cycle


@dataclasses.dataclass(frozen=True)
class Topology:
    """A slice of a TPU pod.

    Attributes:
        name: For example "v5e:2x2".
        generation: The kind of its chips.
        chips: How many.
    """

    name: str
    generation: Generation
    chips: int

    @property
    def cores(self) -> int:
        """Number of devices, each of which runs a replica."""
        return self.chips * self.generation.cores

    @property
    def options(self) -> dict:
        """What the compiler has to be told, beside the name."""
        alone = {"chips_per_host_bounds": [1, 1, 1]} if self.chips == 1 else {}
        return self.generation.options | alone


def generations() -> dict[str, Generation]:
    """Returns the kinds of chips by name.

    Peaks and cores are those of Google's Cloud TPU documentation. What a core does in
    a cycle is the size of its matrix units, of 128x128 products each: 1, 2, 8, 4 and 8
    of them from v2 to v5p. For v6e and TPU7x it is what the compiler's estimate of a
    large matrix product asks for: as many as in 16. The memory is what the compiler
    names when a program does not fit.
    """
    plane = ("1x1", "2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16")
    torus = ("2x2x1", "2x2x2", "2x2x4", "2x4x4", "4x4x4", "4x4x8", "4x8x8", "8x8x8")
    pod = ("2x2", "4x4", "4x8", "8x8", "8x16", "16x16")
    unit = 2 * 128 * 128  # a product and a sum in each cell
    megacore = {"chip_config_name": "megacore"}
    found = (
        Generation("v2", 2, 7.48, 23, unit, pod),
        Generation("v3", 2, 15.48, 61.5, 2 * unit, (*pod, "16x32", "32x32")),
        Generation("v4", 1, 30.75, 275, 8 * unit, torus, megacore),
        Generation("v5e", 1, 15.75, 197, 4 * unit, plane),
        Generation("v5p", 1, 95.74, 459, 8 * unit, torus),
        Generation("v6e", 1, 31.25, 918, 16 * unit, plane),
        Generation("tpu7x", 2, 94.75, 1153.5, 16 * unit, ("1x1x1", *torus)),
    )
    return {generation.name: generation for generation in found}


def topology(name: str) -> Topology:
    """Returns the topology of that name.

    Raises:
        ValueError: There is none; the message names those there are.
    """
    known = generations()
    kind, _, shape = name.partition(":")
    if kind not in known or shape not in known[kind].shapes:
        kinds = "; ".join(f"{k}:{'|'.join(g.shapes)}" for k, g in known.items())
        raise ValueError(f"Unknown topology {name!r}; known are {kinds}.")
    chips = math.prod(int(length) for length in shape.split("x"))
    return Topology(name, known[kind], chips)
