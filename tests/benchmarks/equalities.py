"""The table of equalities: what other libraries compute, and what ours gives.

    python -m pip install -e ".[references]"
    python -m tests.benchmarks.equalities --readme

runs the tests that compare them, and writes what they recorded; words such as
`references sliced` choose some of the files of tests.
"""

import argparse

import pytest

from experiments.harness.pages import fill_in
from ganzoo.runs.reports import table

FILES = ("published_fid", "references", "sliced")
FEATURES = (
    "Of features, the largest difference of any, by a network of random weights in the "
    "layout of the published file."
)


class Recorder:
    """A plugin that keeps what tests recorded as an equality."""

    def __init__(self):
        self.rows: list[tuple] = []

    def pytest_runtest_logreport(self, report):
        """Reads the properties of a test that ran."""
        if report.when == "call" and report.passed:
            self.rows += [
                value for name, value in report.user_properties if name == "equality"
            ]


def text(rows: list[tuple]) -> str:
    """Returns the table, as Markdown."""
    lines = [
        {
            "library": library,
            "measure": what,
            "reference": f"{reference:.6g}",
            "ours": f"{ours:.6g}",
            "difference": f"{difference:.1e}",
        }
        for library, what, reference, ours, difference in rows
    ]
    parts = ["`python -m tests.benchmarks.equalities --readme`:", table(lines)]
    if any(what.startswith("features") for _, what, *_ in rows):
        parts.append(FEATURES)
    return "\n\n".join(parts)


def main() -> None:
    """Runs the tests, and prints or writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES)
    parser.add_argument("--readme", action="store_true")
    words, recorder = parser.parse_args(), Recorder()
    tests = [f"tests/metrics/test_{name}.py" for name in words.files]
    status = pytest.main(["-n", "0", "-q", "-m", "", *tests], plugins=[recorder])
    if status:
        raise SystemExit(status)
    if words.readme:
        fill_in("equalities", text(recorder.rows))
    print(text(recorder.rows))


if __name__ == "__main__":
    main()
