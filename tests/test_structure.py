"""Imports run one way only: from the upper floors of the house to the lower ones."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ganzoo", "experiments", "tpu")
# The rooms, from the ground up. A room may import what is below its floor, and nothing
# on it: losses, penalties, layers, distribute, data and plots know nothing of each
# other but that layers may ask which replica they are on.
FLOORS = (
    {"commands"},
    {"files", "boxes", "losses", "penalties", "distribute", "console", "keras_files"},
    {"layers", "data", "plots", "environment", "weights"},
    {"networks", "gans", "runs", "interpolation", "feeds", "layouts", "inline"},
    {"metrics", "reports", "sampler"},
    {"callbacks", "zoo", "user_files"},
    {"evaluate", "explorer"},
    {"__init__", "__main__"},
    {"experiments"},
    {"tpu"},
)
# What is not to be had although it is below.
BARRED = {
    "gans": {"data", "files", "plots", "weights"},
    "networks": {"data", "distribute", "losses", "penalties"},
    "data": {"files", "losses", "penalties", "distribute"},
    "plots": {"losses", "penalties", "distribute"},
}


def room(module: str) -> str:
    """Returns the room that a module is in: ganzoo.data.images is in data."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "ganzoo" and rest else package


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def modules() -> list[Path]:
    """Returns every file of the packages."""
    return sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Returns the modules of the project that a file imports, at whatever place."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            whole = node.module == "ganzoo"  # then what is imported from it are rooms
            names = {f"ganzoo.{name.name}" for name in node.names}
            found |= names if whole else {node.module}
    return {name for name in found if name.partition(".")[0] in PACKAGES}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_module_imports_what_is_below_it_only(path):
    me = room(dotted(path))
    for module in imported(path):
        there = room(module)
        if there == me:
            continue
        if there == "ganzoo":  # the whole package: for those on top of it
            assert floor(me) > floor("__main__"), f"{path} imports {module}"
            continue
        assert floor(there) < floor(me), f"{path} imports {module}"
        assert there not in BARRED.get(me, ()), f"{path} imports {module}"


def test_every_room_has_one_floor():
    rooms = [name for floor in FLOORS for name in floor]
    assert len(rooms) == len(set(rooms))
    assert {room(dotted(path)) for path in modules()} == set(rooms)
