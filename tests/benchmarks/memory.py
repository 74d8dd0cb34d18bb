"""Peak memory of this process. Linux only."""

import re
from pathlib import Path


def peak() -> float:
    """Returns the peak memory of this process so far, in GiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 2**20
