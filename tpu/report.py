"""What preflight says of a step: its text, and its row in the README."""

import dataclasses
import math
import re

from tpu.costs import Costs
from tpu.topologies import Topology

MIB, GIB = 2**20, 2**30
NOT_PROVEN = (
    "Not proven: nothing has run on a TPU. TPUStrategy itself, the input pipeline and "
    "what the host does between two steps were no part of it. Cycles are the "
    "compiler's estimates of single operations; copies between memories and the "
    "waiting for other cores are not among them, so a TPU is slower than this."
)
NOT_PROVEN_QUICK = (
    "This was a quick check, lowered by kernels that are not the TPU's: an operation "
    "that these alone lack was not found, and random numbers are drawn in a way that "
    "takes several times the cycles, so no images/s are given."
)
COLUMNS = (
    "experiment",
    "precision",
    "topology",
    "cores",
    "batch",
    "memory a core",
    "GFLOP a core and step",
    "estimated images/s",
)
ANSWER_COLUMNS = (
    "experiment",
    "check",
    "topology",
    "answer",
    "seconds to compile",
    "memory a core",
)
_KEY = ("experiment", "check", "topology")  # of a row, in either table


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of one step on one topology.

    Attributes:
        label: The experiment and its arguments.
        topology: What was asked for.
        batch: Global batch size.
        images: Real images that a step takes, over all cores.
        precision: Of the layers.
        quick: Whether it was lowered without the TPU's kernels.
        tools: What lowered it.
        refusal: The fields of a `graphs.Refusal`; None if the step was accepted.
        compiled: What the compiler said of an accepted step; see `tpu.compiling`.
        costs: Read from the optimised program.
    """

    label: str
    topology: Topology
    batch: int
    images: int
    precision: str
    quick: bool
    tools: str
    refusal: dict | None = None
    compiled: dict | None = None
    costs: Costs | None = None

    @property
    def memory(self) -> int:
        """Bytes that a core needs: arguments, results, temporaries and the program."""
        parts = self.compiled["memory"]
        return sum(parts.values()) - 2 * parts["alias"]

    @property
    def images_per_second(self) -> float | None:
        """Estimated, over all cores; None if the cycles tell too little."""
        if self.quick or self.costs.endless:
            return None
        seconds = self.costs.cycles / (self.topology.generation.gigahertz * 1e9)
        return self.images / seconds


def text(verdict: Verdict) -> str:
    """Returns what is printed of a verdict."""
    topology = verdict.topology
    cores = f"{topology.cores} core{'s' if topology.cores > 1 else ''}"
    head = f"{verdict.label} on {topology.name}, {cores}"
    if verdict.refusal is not None:
        return f"{head}: REFUSED\n{refused(verdict.refusal)}"
    lines = "\n".join(f"  {k:<12}{v}" for k, v in _accepted(verdict).items())
    limits = f"\n{NOT_PROVEN_QUICK}" if verdict.quick else ""
    return f"{head}: accepted\n{lines}\n{NOT_PROVEN}{limits}"


def refused(refusal: dict) -> str:
    """Returns the operation, its line and the reason."""
    lines = {
        "operation": refusal["operation"] or "(none named)",
        "line": refusal["source"] or "(none named)",
        refusal["stage"]: refusal["message"],
    }
    return "\n".join(f"  {k:<14}{v}" for k, v in lines.items())


def _accepted(verdict: Verdict) -> dict[str, str]:
    topology, compiled, costs = verdict.topology, verdict.compiled, verdict.costs
    kind = topology.generation
    memory, room = compiled["memory"], kind.memory * GIB
    parts = {
        "state and batch": memory["argument"],
        "temporary": memory["temp"],
        "program": memory["generated_code"],
    }
    shared = ", ".join(f"{size / MIB:.1f} {name}" for name, size in parts.items())
    lines = {
        "step": f"batch {verdict.batch}, {verdict.batch // topology.cores} a core; "
        f"{verdict.images} real images; {verdict.precision}",
        "FLOPs": f"{_scaled(compiled['flops'])}FLOP a core",
        "bytes": f"{_scaled(compiled['bytes'])}B read and written a core",
        "memory": f"{verdict.memory / MIB:.1f} MiB of {kind.memory} GiB a core, "
        f"{verdict.memory / room:.1%}; in MiB: {shared}",
        "exchange": f"{costs.sums} sums over the cores, of {_scaled(costs.sum_bytes)}B",
        "cycles": f"{costs.cycles:,}, estimated",
    }
    if costs.endless:
        lines["cycles"] += f"; {costs.endless} loops of unknown length counted once"
    if verdict.images_per_second is not None:
        lines["images/s"] = (
            f"{rounded(verdict.images_per_second)}, estimated, at a clock of "
            f"{kind.gigahertz:.2f} GHz"
        )
    lines["compiled"] = f"in {compiled['seconds']:.0f} s"
    lines["fingerprint"] = f"sha256:{compiled['fingerprint']}"
    lines["tools"] = f"{verdict.tools}; {compiled['tools']}"
    return lines


def row(verdict: Verdict) -> dict[str, str]:
    """Returns an accepted step's row in the README."""
    rate = verdict.images_per_second
    values = (
        f"`{verdict.label}`",
        verdict.precision,
        verdict.topology.name,
        verdict.topology.cores,
        verdict.batch,
        _memory(verdict),
        f"{verdict.compiled['flops'] / 1e9:.1f}",
        "" if rate is None else rounded(rate),
    )
    return dict(zip(COLUMNS, map(str, values), strict=True))


def answer(verdict: Verdict) -> dict[str, str]:
    """Returns a step's row in the README's table of answers."""
    accepted = verdict.refusal is None
    said = "accepted"
    if not accepted:
        refusal = verdict.refusal
        said = f"REFUSED: {refusal['operation'] or refusal['stage']}"
        said += f", {refusal['source']}" if refusal["source"] else ""
    values = (
        f"`{verdict.label}`",
        "quick" if verdict.quick else "full",
        verdict.topology.name,
        said,
        f"{verdict.compiled['seconds']:.0f}" if accepted else "",
        _memory(verdict) if accepted else "",
    )
    return dict(zip(ANSWER_COLUMNS, values, strict=True))


def _memory(verdict: Verdict) -> str:
    return f"{verdict.memory / GIB:.2f} of {verdict.topology.generation.memory} GiB"


def merged(content: str, new: list[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the rows of one of the README's tables with new ones put in.

    A new row takes the place of an old one of the same experiment, with the same
    arguments, on the same topology, by the same check.

    Args:
        content: What stands between the markers.
        new: Rows of `row` or of `answer`.
    """
    cells = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in content.splitlines()
        if line.startswith("|")
    ]
    old = [dict(zip(cells[0], line, strict=True)) for line in cells[2:]]
    rows = {tuple(r.get(name) for name in _KEY): r for r in (*old, *new)}
    return list(rows.values())


def between(content: str, name: str) -> str:
    """Returns what stands between the markers of that name, or nothing."""
    marks = rf"<!-- results: {re.escape(name)} -->\n(.*?)<!-- end -->"
    found = re.search(marks, content, re.DOTALL)
    return found[1] if found else ""


def rounded(value: float) -> str:
    """Returns a number with three digits that mean something, such as "91,800"."""
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{round(value, digits):,.0f}"


def _scaled(value: float) -> str:
    """Returns a number with its prefix, such as "5.65 G"."""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.2f} {prefix}"
    return f"{value:.0f} "
