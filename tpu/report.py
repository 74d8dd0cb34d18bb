"""The report of preflight on a step: its text, and its rows in the README."""

import dataclasses
import math
import re

from tpu.costs import Costs
from tpu.topologies import Topology

MIB, GIB = 2**20, 2**30
NOT_PROVEN = (
    "Not proven: nothing has run on a TPU. The input pipeline and the host's work "
    "between steps were not checked. Cycles are the compiler's estimates for single "
    "operations. They do not include copies between memories or waiting for other "
    "cores, so a TPU is slower than this."
)
COLUMNS = (
    "experiment",
    "precision",
    "topology",
    "cores",
    "batch",
    "memory per core",
    "GFLOP per core and step",
    "estimated images/s",
)
ANSWER_COLUMNS = (
    "experiment",
    "topology",
    "answer",
    "seconds to compile",
    "memory per core",
)
_KEY = ("experiment", "topology")  # identifies a row in both tables


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The result of the check of one step on one topology.

    Attributes:
        label: The experiment and its arguments.
        topology: The requested topology.
        batch: Global batch size.
        images: Number of real images that a step processes, over all cores.
        precision: Precision of the layers.
        tools: Versions of Keras, JAX and the compiler.
        refusal: The fields of a `refusals.Refusal`; None if the step was accepted.
        compiled: The compiler's figures for an accepted step; see `tpu.compiling`.
        costs: Costs, read from the optimized program.
    """

    label: str
    topology: Topology
    batch: int
    images: int
    precision: str
    tools: str
    refusal: dict | None = None
    compiled: dict | None = None
    costs: Costs | None = None

    @property
    def memory(self) -> int:
        """Bytes per core for arguments, results, temporaries and the program."""
        parts = self.compiled["memory"]
        return sum(parts.values()) - 2 * parts["alias"]

    @property
    def images_per_second(self) -> float | None:
        """Estimated rate over all cores; None if the cycles are unreliable."""
        if self.costs.endless:
            return None
        seconds = self.costs.cycles / (self.topology.generation.gigahertz * 1e9)
        return self.images / seconds


def text(verdict: Verdict) -> str:
    """Returns the printed report on a verdict."""
    topology = verdict.topology
    cores = f"{topology.cores} core{'s' if topology.cores > 1 else ''}"
    head = f"{verdict.label} on {topology.name}, {cores}"
    if verdict.refusal is not None:
        return f"{head}: REFUSED\n{refused(verdict.refusal)}"
    lines = "\n".join(f"  {k:<12}{v}" for k, v in _accepted(verdict).items())
    return f"{head}: accepted\n{lines}\n{NOT_PROVEN}"


def refused(refusal: dict) -> str:
    """Returns the lines with operation, source line and reason of a refusal."""
    lines = {
        "operation": refusal["operation"] or "(none named)",
        "line": refusal["source"] or "(none named)",
        refusal["stage"]: refusal["message"],
    }
    return "\n".join(f"  {k:<14}{v}" for k, v in lines.items())


def _accepted(verdict: Verdict) -> dict[str, str]:
    topology, compiled, costs = verdict.topology, verdict.compiled, verdict.costs
    generation = topology.generation
    memory, available = compiled["memory"], generation.memory * GIB
    parts = {
        "state and batch": memory["argument"],
        "temporary": memory["temp"],
        "program": memory["generated_code"],
    }
    shared = ", ".join(f"{size / MIB:.1f} {name}" for name, size in parts.items())
    lines = {
        "step": f"batch {verdict.batch}, {verdict.batch // topology.cores} per core; "
        f"{verdict.images} real images; {verdict.precision}",
        "FLOPs": f"{_scaled(compiled['flops'])}FLOP per core",
        "bytes": f"{_scaled(compiled['bytes'])}B read and written per core",
        "memory": f"{verdict.memory / MIB:.1f} MiB of {generation.memory} GiB per "
        f"core, {verdict.memory / available:.1%}; in MiB: {shared}",
        "exchange": f"{costs.sums} sums over the cores, of {_scaled(costs.sum_bytes)}B",
        "cycles": f"{costs.cycles:,}, estimated",
    }
    if costs.endless:
        lines["cycles"] += f"; {costs.endless} loops of unknown length counted once"
    if verdict.images_per_second is not None:
        lines["images/s"] = (
            f"{rounded(verdict.images_per_second)}, estimated, at a clock of "
            f"{generation.gigahertz:.2f} GHz"
        )
    lines["compiled"] = f"in {compiled['seconds']:.0f} s"
    lines["fingerprint"] = f"sha256:{compiled['fingerprint']}"
    lines["tools"] = verdict.tools
    return lines


def row(verdict: Verdict) -> dict[str, str]:
    """Returns an accepted step's row in the README's table of costs."""
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
    outcome = "accepted"
    if not accepted:
        refusal = verdict.refusal
        outcome = f"REFUSED: {refusal['operation'] or refusal['stage']}"
        outcome += f", {refusal['source']}" if refusal["source"] else ""
    values = (
        f"`{verdict.label}`",
        verdict.topology.name,
        outcome,
        f"{verdict.compiled['seconds']:.0f}" if accepted else "",
        _memory(verdict) if accepted else "",
    )
    return dict(zip(ANSWER_COLUMNS, values, strict=True))


def _memory(verdict: Verdict) -> str:
    return f"{verdict.memory / GIB:.2f} of {verdict.topology.generation.memory} GiB"


def merged(content: str, new: list[dict[str, str]]) -> list[dict[str, str]]:
    """Merges new rows into the rows of one of the README's tables.

    A new row replaces an old one with the same experiment, arguments and topology.

    Args:
        content: The text between the markers.
        new: Rows from `row` or `answer`.
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
    """Returns the text between the markers of that name, or an empty string."""
    marks = rf"<!-- results: {re.escape(name)} -->\n(.*?)<!-- end -->"
    found = re.search(marks, content, re.DOTALL)
    return found[1] if found else ""


def rounded(value: float) -> str:
    """Returns a number with three significant digits, such as "91,800"."""
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{round(value, digits):,.0f}"


def _scaled(value: float) -> str:
    """Returns a number with an SI prefix, such as "5.65 G"."""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.2f} {prefix}"
    return f"{value:.0f} "
