"""The tables and figures of the benchmark."""

from pathlib import Path

import numpy as np

from ganzoo import plots
from tests.benchmarks.peers.contest import Result
from tests.benchmarks.peers.systems import OURS


def counterparts(results: list[Result]) -> dict[int, Result]:
    """Returns our result with the same update, by index of each result."""
    ours = {
        (result.system, result.kind, result.update): result
        for result in results
        if result.name == OURS[result.update]
    }
    keys = [(result.system, result.kind, result.update) for result in results]
    return {place: ours[key] for place, key in enumerate(keys) if key in ours}


def speed_ratio(peer: Result, ours: Result) -> float:
    """Returns the ratio of images/s, ours to the peer's."""
    return ours.rate / peer.rate


def arrival_ratio(peer: Result, ours: Result) -> str:
    """Returns the ratio of seconds to the distance, the peer's to ours, as text."""
    if ours.seconds is None:
        return ""
    if peer.seconds is None:
        return f"> {peer.course.seconds[-1] / ours.seconds:.2f}" if peer.course else ""
    return f"{peer.seconds / ours.seconds:.2f}"


def arrival(result: Result) -> tuple[str, str]:
    """Returns seconds and steps to the distance, as text."""
    course = result.course
    if course is None:
        return "", ""
    place = course.arrival(result.goal)
    if place is None:
        best = f"(at best {np.min(course.distances):.1f})"
        return f"> {course.seconds[-1]:.0f} {best}", ""
    return f"{course.seconds[place]:.0f}", str(course.steps[place])


def rows(results: list[Result]) -> list[dict[str, str]]:
    """Returns the table of a system, a row per contestant and number format."""
    against = counterparts(results)
    raced = any(result.course for result in results)
    found = []
    for place, result in enumerate(results):
        ours = against.get(place)
        peer = ours is not None and ours is not result
        row = {
            "contestant": result.name,
            "type": result.kind,
            "update": result.update,
            "images/s": f"{result.rate:,.0f}",
            "ours / peer": f"{speed_ratio(result, ours):.2f}" if peer else "",
        }
        if raced:
            seconds, steps = arrival(result)
            row[f"s to distance {result.goal:g}"] = seconds
            row["steps to it"] = steps
            row["s, peer / ours"] = arrival_ratio(result, ours) if peer else ""
        row["peak memory, GiB"] = f"{result.peak:.2f}"
        row["memory, peer / ours"] = f"{result.peak / ours.peak:.2f}" if peer else ""
        found.append(row)
    return found


def draw_ratios(path: Path, results: list[Result]) -> bool:
    """Plots our speed relative to each peer; returns whether there was a peer."""
    against = counterparts(results)
    ratios = {}
    for place, result in enumerate(results):
        if place in against and against[place] is not result:
            label = f"{result.system}, {result.kind}"
            ratio = speed_ratio(result, against[place])
            ratios.setdefault(label, {})[result.name] = ratio
    if not ratios:
        return False
    peers = list(next(iter(ratios.values())))
    # A figure with a single series has no legend.
    alone = f" ({next(iter(ratios))})" if len(ratios) == 1 else ""
    plots.bars(
        path,
        [name.replace(" ", "\n", 1) for name in peers],
        {label: [row[name] for name in peers] for label, row in ratios.items()},
        title=f"ganzoo's images/s, relative to a peer's{alone}",
        ylabel="ratio",
        lines={"as fast": 1.0},
    )
    return True


def draw_courses(path: Path, results: list[Result]) -> bool:
    """Plots distances by seconds of training; returns whether there were any."""
    raced = [result for result in results if result.course]
    if not raced:
        return False
    seconds = np.unique(np.concatenate([r.course.seconds[1:] for r in raced]))
    plots.curves(
        path,
        seconds,
        {
            result.name: np.interp(
                seconds,
                result.course.seconds[1:],
                result.course.distances[1:],
                left=np.nan,
                right=np.nan,
            )
            for result in raced
        },
        title=f"{raced[0].system}, {raced[0].kind}: distance by training time",
        xlabel="seconds of training",
        ylabel="Fréchet distance",
        lines={f"{raced[0].goal:g}": raced[0].goal},
        log_y=True,
    )
    return True
