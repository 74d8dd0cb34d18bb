"""TPU topologies that a program can be compiled for: cores, memory, clock rates."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Generation:
    """A generation of TPU chips.

    A core is a device of TensorFlow and JAX. From v4 on, the two cores of a large chip
    work as one ("megacore"); those of TPU7x are two devices again.

    Attributes:
        name: Name of the generation in the names of topologies.
        cores: Number of cores per chip.
        memory: Memory per core, in GiB. This is what the TPU compiler allows a program,
            slightly less than in the chip's data sheet.
        tera: Peak bfloat16 performance per core in the data sheet, in TFLOP/s.
        per_cycle: Multiplications and additions of the matrix units per cycle and core.
        shapes: Shapes of the available slices, in chips.
        options: Options that the compiler needs for every slice.
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
        name: Name, such as "v5e:2x2".
        generation: Generation of its chips.
        chips: Number of chips.
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
        """Options that the compiler needs in addition to the name."""
        alone = {"chips_per_host_bounds": [1, 1, 1]} if self.chips == 1 else {}
        return self.generation.options | alone


def generations() -> dict[str, Generation]:
    """Returns the generations by name.

    Peaks and cores are from Google's Cloud TPU documentation. The operations per cycle
    follow from the 128x128 matrix units of a core: 1, 2, 8, 4 and 8 of them from v2 to
    v5p. For v6e and TPU7x, the compiler's estimate for a large matrix product
    corresponds to 16. The memory is from the compiler's message for a program that does
    not fit.
    """
    plane = ("1x1", "2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16")
    torus = ("2x2x1", "2x2x2", "2x2x4", "2x4x4", "4x4x4", "4x4x8", "4x8x8", "8x8x8")
    pod = ("2x2", "4x4", "4x8", "8x8", "8x16", "16x16")
    unit = 2 * 128 * 128  # one multiplication and one addition per cell
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
        ValueError: The name is unknown. The message lists the known ones.
    """
    known = generations()
    generation, _, shape = name.partition(":")
    if generation not in known or shape not in known[generation].shapes:
        names = "; ".join(f"{k}:{'|'.join(g.shapes)}" for k, g in known.items())
        raise ValueError(f"Unknown topology {name!r}; the known ones are {names}.")
    chips = math.prod(int(length) for length in shape.split("x"))
    return Topology(name, known[generation], chips)
