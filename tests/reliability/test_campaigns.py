"""The campaigns of `python -m tests.reliability`, smaller, and the page they wrote."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
pytest.importorskip("fcntl")  # processes are forked


def carried_out(tmp_path, *words: str) -> list[dict]:
    """Runs a campaign, whose results must all be as they should be."""
    output = tmp_path / "found.json"
    command = [sys.executable, "-m", "tests.reliability", *words, "--output", output]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return json.loads(output.read_text())[words[0]]


@pytest.mark.slow
def test_killed_runs_end_like_uninterrupted_ones(tmp_path):
    found = carried_out(tmp_path, "kills", "--count", "8", "--seed", "1")
    assert len(found) == 8
    assert len({one["stage"] for one in found}) == 4
    assert not any(one["differences"] for one in found)


@pytest.mark.slow
def test_no_flipped_bit_is_silently_another_result(tmp_path):
    found = carried_out(tmp_path, "flips", "--count", "10", "--seed", "1")
    assert len(found) == 10
    assert "silently different" not in {one["outcome"] for one in found}


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_resuming_works(tmp_path):
    found = carried_out(tmp_path, "disk", "--count", "4")
    assert [len(one["lines"]) for one in found] == [1] * 4
    assert not any(one["differences"] for one in found)


@pytest.mark.slow
def test_a_lost_worker_is_one_line_within_a_minute_and_both_resume(tmp_path):
    found = carried_out(tmp_path, "workers", "--count", "2", "--seed", "1")
    assert {one["killed"] for one in found} == {0, 1}
    for one in found:
        assert one["line"].startswith("error: Another worker has ended")
        assert one["seconds"] < 60
        assert not one["differences"]


@pytest.mark.slow
def test_no_part_of_a_finished_run_is_missed_silently(tmp_path):
    found = carried_out(tmp_path, "parts", "--experiments", "ring")
    told = {one["name"]: one["outcome"] for one in found}
    assert told["history.csv"] == told["manifest.json"] == "refused"
    assert told["report.md"] == told["generator.keras"] == "rewritten"


def test_the_page_has_what_the_campaigns_found():
    page = PAGE.read_text(encoding="utf-8")
    sections = dict(
        re.findall(r"<!-- results: (\w+) -->\n(.*?)<!-- end -->", page, re.S)
    )
    assert {"kills", "flips", "parts", "disk", "workers", "costs"} <= sections.keys()
    for name, text in sections.items():
        assert "Written by `python -m tests.reliability" in text, name
        assert "DIFFERENT RESULT" not in text
        assert "silent |" not in text
    kills = re.findall(r"^\| \S.* \| (\d+) \| .* \| (\d+) \|$", sections["kills"], re.M)
    assert sum(int(times) for times, _ in kills) >= 20
    assert all(times == same for times, same in kills)
    flips = re.findall(r"^\| `.*?` \| (\d+) \|(.*)\|$", sections["flips"], re.M)
    assert sum(int(bits) for bits, _ in flips) >= 30
    silently_different = [rest.split("|")[3].strip() for _, rest in flips]
    assert not any(silently_different)
