"""Public names that are imported when they are first used."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

from ganzoo import lazy, losses, penalties

PACKAGES = ("ganzoo", "ganzoo.distribute", "ganzoo.plots", "ganzoo.runs", "ganzoo.zoo")
PACKAGES += ("experiments.harness", "experiments.mnist_gan")


def for_type_checkers(module) -> set[str]:
    """Returns the names that a package imports, in whatever way."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in found for alias in node.names}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_known_to_editors(package):
    module = importlib.import_module(package)
    defined = {name for name in ("PAPER", "run") if name in vars(module)}
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)
    assert set(module.__all__) <= for_type_checkers(module) | defined
    with pytest.raises(AttributeError, match=f"module {package!r} has no attribute"):
        module.nothing_of_that_name  # noqa: B018


@pytest.mark.parametrize("package", PACKAGES)
def test_no_lazy_name_is_a_modules_that_would_take_its_place(package):
    module = importlib.import_module(package)
    modules = {info.name for info in pkgutil.iter_modules(module.__path__)}
    named = (
        {name for names in module._MODULES.values() for name in names}
        if hasattr(module, "_MODULES")
        else set()
    )
    assert not named & modules - {"interpolation"}


def test_a_name_is_looked_up_once(monkeypatch):
    get, names = lazy.attach("ganzoo.runs", {"errors": ("COPY",)})
    assert get("COPY") == "Put a good copy in place"
    runs = importlib.import_module("ganzoo.runs")
    assert get("COPY") == runs.COPY
    assert "COPY" in names()
    monkeypatch.delattr(runs, "COPY")


@pytest.mark.parametrize("module", [losses, penalties], ids=["losses", "penalties"])
def test_registered_names_are_read_without_importing_the_module(module):
    assert lazy.registered(module.__name__) == module.names()


def test_names_of_a_missing_module_are_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"no module ganzoo\.nowhere"):
        lazy.registered("ganzoo.nowhere")
