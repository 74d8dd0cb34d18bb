"""Public names that are imported on first use (PEP 562).

A package lists the module of each of its public names, so that `import ganzoo` starts
neither TensorFlow nor Keras. For editors and type checkers it imports the same names
under `if TYPE_CHECKING:`, and a test keeps the two lists equal.

No public name may equal the name of a module of the package: importing the module would
overwrite it.
"""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence


def attach(
    package: str, modules: Mapping[str, Sequence[str]], rooms: Sequence[str] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Makes a package import its public names on first use.

    Example:
        __getattr__, __dir__ = lazy.attach(__name__, {"catalog": ("card", "names")})

    Args:
        package: Name of the package.
        modules: Public names of each module, by its name relative to the package.
        rooms: Names of modules and packages that are public themselves.

    Returns:
        The package's `__getattr__` and `__dir__`.
    """
    # Public name -> module, and attribute of the module or None for the module itself.
    places: dict[str, tuple[str, str | None]] = {
        room: (f"{package}.{room}", None) for room in rooms
    }
    for module, public in modules.items():
        places |= {name: (f"{package}.{module}", name) for name in public}

    def get(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        where, attribute = places[name]
        found = importlib.import_module(where)
        if attribute is not None:
            found = getattr(found, attribute)
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return get, names
