"""Imports run one way only: from the upper floors of the house to the lower ones."""

import ast

import pytest

from tests import rooms

# The rooms, from the ground up. A room may import what is below its floor, and nothing
# on it. The first two floors are tools of a few lines, which know nothing of GANs.
FLOORS = (
    {"commands", "console", "lazy"},
    {"boxes", "files", "keras_files", "torch_files"},
    {"downloads", "float16_weights"},
    {"backend"},
    {"losses", "penalties", "data", "plots", "random", "distribute"},
    {"layers"},
    {"networks", "gans"},
    {"metrics", "runs"},
    {"callbacks", "zoo"},
    {"evaluate", "explorer", "export"},
    {"experiments"},
    {"cli", "tpu"},
    {"__main__"},
)
# What a room may not import although it is below: gans know nothing of files, plots or
# command lines, networks nothing of training.
BARRED = {
    "gans": {"console", "data", "files", "float16_weights", "keras_files", "plots"},
    "networks": {"data", "distribute", "losses", "penalties"},
    "data": {"float16_weights"},
    "plots": {"float16_weights", "keras_files"},
}
# What a train step consists of, which knows no backend.
NEUTRAL = ("boxes", "gans", "layers", "losses", "networks", "penalties", "random")
ARROWS = rooms.arrows()


def floor(name: str) -> int:
    name = name.partition(".")[0]
    return next(number for number, names in enumerate(FLOORS) if name in names)


@pytest.mark.parametrize("name", ARROWS)
def test_a_room_imports_what_is_below_it_only(name):
    for other in ARROWS[name]:
        within = "experiments" in name and "experiments" in other  # see below
        below = floor(other) < floor(name) or within
        assert below, f"{name} imports {other}"
        assert other not in BARRED.get(name, ()), f"{name} imports {other}"


def test_every_room_has_one_floor():
    named = [name for names in FLOORS for name in names]
    assert len(named) == len(set(named))
    found = {name.partition(".")[0] for name in ARROWS}
    assert found == set(named)


def test_no_rooms_import_each_other_in_a_circle():
    _, circles = rooms.floors(ARROWS)
    assert not circles


def test_the_harness_knows_no_experiment():
    harness = {one for one in ARROWS["experiments.harness"] if "experiments" in one}
    assert not harness


def test_the_drawing_in_the_design_is_of_this_code():
    page = rooms.PAGE.read_text(encoding="utf-8")
    drawn = page.partition(rooms.BEGIN)[2].partition(rooms.END)[0]
    assert drawn == rooms.drawing(), "python -m tests.rooms --write"


def test_the_package_knows_nothing_of_the_projects_pages():
    for path in (rooms.ROOT / "ganzoo").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "README" not in text, path
        assert "RESULTS" not in text, path


@pytest.mark.parametrize("name", NEUTRAL)
def test_a_train_step_is_written_in_keras_ops_and_the_backends_names(name):
    paths = [p for p in rooms.modules() if rooms.room(rooms.dotted(p)) == name]
    assert paths
    for path in paths:
        if path.parent.name not in ("on_tensorflow", "on_jax"):
            roots = {module.partition(".")[0] for module in packages(path)}
            assert not roots & {"tensorflow", "jax"}, path


def packages(path) -> set[str]:
    """Returns the modules that a file imports, at whatever place."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    return plain | {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
