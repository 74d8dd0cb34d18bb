"""Which room of the house imports which: read from the source, and drawn as text.

    python -m tests.rooms              # prints the drawing
    python -m tests.rooms --write      # puts it, and lines by room, into docs/design.md
    python -m tests.rooms --root DIR   # of another checkout

A room is a module or a package of `ganzoo` or `experiments`; `tpu` is one. `ganzoo` and
`experiments` themselves only say what there is.
"""

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("ganzoo", "experiments", "tpu")
PAGE = ROOT / "docs" / "design.md"
BEGIN, END = "<!-- rooms: after -->\n```text\n", "```\n<!-- end -->"
LINES = "<!-- lines: after -->\n", "<!-- end of lines -->"
# What the package itself calls otherwise than the room that it is in.
ELSEWHERE = {"interpolation": "zoo"} | dict.fromkeys(
    ("GAN", "DiscoGAN", "InfoGAN", "LayoutGAN", "SimGAN", "UnrolledGAN"), "gans"
)


def room(module: str, root: Path = ROOT) -> str:
    """Returns the room that a module is in: ganzoo.data.images is in data."""
    package, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    if package == "ganzoo":
        own = (root / package / f"{first}.py").exists()
        return first if own else ELSEWHERE.get(first, first)
    return f"{package}.{first}" if package == "experiments" and first else package


def dotted(path: Path, root: Path = ROOT) -> str:
    """Returns a file's module."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(root: Path = ROOT) -> list[Path]:
    """Returns every file of the packages, but for those that only say what there is."""
    found = (path for name in PACKAGES for path in (root / name).rglob("*.py"))
    facades = [root / name / "__init__.py" for name in PACKAGES]
    return sorted(path for path in found if path not in facades)


def imported(path: Path) -> set[str]:
    """Returns the modules of the project that a file imports, at whatever place.

    After `import ganzoo`, which imports nothing else, they are what is looked up in it.
    """
    return {name for name in _names(path) if name.partition(".")[0] in PACKAGES}


def _names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if "." in name.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            whole = node.module in PACKAGES  # then what is imported from it are rooms
            names = (f"{node.module}.{name.name}" for name in node.names)
            yield from names if whole else [node.module]
        elif isinstance(node, ast.Attribute) and _is_package(node.value):
            yield f"ganzoo.{node.attr}"


def _is_package(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "ganzoo"


def arrows(root: Path = ROOT) -> dict[str, set[str]]:
    """Returns for each room the other rooms that it imports."""
    files = modules(root)
    found = {room(dotted(path, root), root): set() for path in files}
    for path in files:
        me = room(dotted(path, root), root)
        others = {room(name, root) for name in imported(path)}
        found[me] |= others & found.keys() - {me}
    return found


def floors(found: dict[str, set[str]]) -> tuple[list[list[str]], list[str]]:
    """Returns the rooms by floor, from the ground up, and those in or above a circle.

    A room is on the lowest floor that is above all rooms that it imports.
    """
    done, left = [], dict(found)
    while left:
        ready = sorted(name for name in left if not left[name] & left.keys())
        if not ready:
            break
        done.append(ready)
        left = {name: others for name, others in left.items() if name not in ready}
    return done, sorted(left)


def drawing(root: Path = ROOT) -> str:
    """Returns the rooms from the top floor down, each with those that it imports."""
    found = arrows(root)
    levels, circles = floors(found)
    lines = []
    if circles:
        lines += ["in a circle, or above one"]
        lines += [f"  {_line(name, found)}" for name in circles]
    for number, names in reversed(list(enumerate(levels))):
        lines += [f"floor {number}", *(f"  {_line(name, found)}" for name in names)]
    count = sum(map(len, found.values()))
    head = f"{len(found)} rooms, {len(levels)} floors, {count} arrows, "
    head += f"{len(circles)} rooms in a circle or above one"
    return "\n".join([head, *lines]) + "\n"


def _line(name: str, found: dict[str, set[str]]) -> str:
    return f"{name}: {', '.join(sorted(found[name]))}" if found[name] else name


def lines(root: Path = ROOT) -> dict[str, int]:
    """Returns the number of lines of each room's source, and of all tests."""
    found = dict.fromkeys(sorted(arrows(root)), 0)
    for path in modules(root):
        found[room(dotted(path, root), root)] += _length(path)
    found["tests"] = sum(map(_length, (root / "tests").rglob("*.py")))
    return found


def _length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def table(counts: dict[str, int]) -> str:
    """Returns lines by room as a table, with the packages' sums."""
    sums = dict.fromkeys(("ganzoo", "experiments"), 0)
    for name, count in counts.items():
        if name not in ("tests", "tpu"):
            within = name.startswith("experiments")
            sums["experiments" if within else "ganzoo"] += count
    rows = [f"| {name} | {count:,} |" for name, count in counts.items()]
    totals = [f"| **all of {name}** | **{count:,}** |" for name, count in sums.items()]
    return "\n".join(["| room | lines |", "| --- | ---: |", *rows, *totals]) + "\n"


def _put(page: str, begin: str, end: str, text: str) -> str:
    before, _, rest = page.partition(begin)
    return before + begin + text + end + rest.partition(end)[2]


def main() -> None:
    """Carries out the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if not given.write:
        print(f"{drawing(given.root)}\n{table(lines(given.root))}", end="")
        return
    page = _put(PAGE.read_text(encoding="utf-8"), BEGIN, END, drawing())
    page = _put(page, *LINES, table(lines()))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
