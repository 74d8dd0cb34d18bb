import dataclasses

import pytest

from tpu import report, topologies
from tpu.costs import Costs

MEMORY = {
    "argument": 40 * 2**20,
    "output": 40 * 2**20,
    "alias": 39 * 2**20,
    "temp": 7 * 2**20,
    "generated_code": 12 * 2**20,
}
COMPILED = {
    "flops": 5.65e9,
    "bytes": 680e6,
    "memory": MEMORY,
    "seconds": 41.3,
    "fingerprint": "5ea0e1",
}


def verdict(name: str = "v5e:2x2", **changes) -> report.Verdict:
    return dataclasses.replace(
        report.Verdict(
            "experiments.x --batch-size 1024",
            topologies.topology(name),
            batch=1024,
            images=1024,
            precision="float32",
            tools="keras 3, libtpu 1",
            compiled=COMPILED,
            costs=Costs(3_006_000, sums=7, sum_bytes=10_277_124),
        ),
        **changes,
    )


def line(text: str, name: str) -> str:
    (found,) = (part for part in text.splitlines() if part.startswith(f"  {name} "))
    return found.removeprefix(f"  {name}").strip()


def test_an_accepted_step_is_told_with_its_costs():
    text = report.text(verdict())
    head, *_ = text.splitlines()
    assert head == "experiments.x --batch-size 1024 on v5e:2x2, 4 cores: accepted"
    assert line(text, "step") == "batch 1024, 256 per core; 1024 real images; float32"
    assert line(text, "FLOPs") == "5.65 GFLOP per core"
    assert line(text, "bytes").startswith("680.00 MB")
    assert line(text, "memory").startswith("60.0 MiB of 15.75 GiB per core, 0.4%;")
    assert line(text, "exchange") == "7 sums over the cores, of 10.28 MB"
    assert line(text, "cycles") == "3,006,000, estimated"
    assert line(text, "compiled") == "in 41 s"
    assert line(text, "fingerprint") == "sha256:5ea0e1"
    assert line(text, "tools") == "keras 3, libtpu 1"


def test_the_rate_is_images_by_cycles_at_the_stated_clock():
    said = line(report.text(verdict()), "images/s")
    # 3.006e6 cycles at 1.503 GHz are 2 ms.
    assert said == "512,000, estimated, at a clock of 1.50 GHz"
    assert verdict().images_per_second == pytest.approx(512_000, rel=1e-3)


def test_what_is_not_proven_is_in_every_acceptance():
    text = report.text(verdict())
    assert "nothing has run on a TPU" in text
    assert "input pipeline" in text


def test_a_loop_of_unknown_length_leaves_no_rate():
    text = report.text(verdict(costs=Costs(10, endless=2)))
    assert (
        line(text, "cycles") == "10, estimated; 2 loops of unknown length counted once"
    )
    assert "images/s  " not in text
    assert report.row(verdict(costs=Costs(10, endless=2)))["estimated images/s"] == ""


def test_a_refusal_names_operation_line_and_reason():
    refusal = {
        "stage": "static shapes",
        "message": "its result has the shape (None,)",
        "operation": "Unique 'u'",
        "source": "ganzoo/x.py:3 in f",
    }
    text = report.text(verdict(refusal=refusal, compiled=None, costs=None))
    assert text.splitlines()[0].endswith("on v5e:2x2, 4 cores: REFUSED")
    assert line(text, "operation") == "Unique 'u'"
    assert line(text, "line") == "ganzoo/x.py:3 in f"
    assert line(text, "static shapes") == "its result has the shape (None,)"


def as_table(rows: list[dict]) -> str:
    lines = [report.COLUMNS, ["---"] * len(report.COLUMNS)]
    lines += [row.values() for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n\nTools.\n"


def test_a_row_has_every_column():
    row = report.row(verdict())
    assert tuple(row) == report.COLUMNS
    assert list(row.values()) == [
        "`experiments.x --batch-size 1024`",
        "float32",
        "v5e:2x2",
        "4",
        "1024",
        "0.06 of 15.75 GiB",
        "5.7",
        "512,000",
    ]


def test_new_rows_take_the_place_of_old_ones_of_the_same_step_and_topology():
    first = [report.row(verdict(name)) for name in ("v2:2x2", "v5e:2x2")]
    again = report.row(verdict(batch=2048))
    other = report.row(verdict("v6e:2x2"))
    merged = report.merged(as_table(first), [again, other])
    assert merged == [first[0], again, other]
    assert report.merged("", first) == first
    assert report.merged("Not measured yet.\n", first) == first


def test_what_stands_between_the_markers():
    text = "a\n<!-- results: x -->\nrows\n<!-- end -->\nb <!-- end -->\n"
    assert report.between(text, "x") == "rows\n"
    assert report.between(text, "y") == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [(91_849, "91,800"), (1_584_321.0, "1,580,000"), (12.345, "12"), (0, "0")],
)
def test_three_digits_are_given(value, shown):
    assert report.rounded(value) == shown
