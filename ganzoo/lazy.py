"""Public names that are imported when they are first used (PEP 562).

A package names the module of each of its public names; `import ganzoo` then starts
neither TensorFlow nor Keras. For editors and type checkers it imports the same names
under `if TYPE_CHECKING:`, and a test holds the two lists to each other.

No public name may be that of one of the package's modules: importing the module would
put it in the place of the name.
"""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence


def attach(
    package: str, modules: Mapping[str, Sequence[str]], rooms: Sequence[str] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Makes a package import its public names when they are first used.

    Example:
        __getattr__, __dir__ = lazy.attach(__name__, {"catalog": ("card", "names")})

    Args:
        package: The package's name.
        modules: For each module, relative to the package, its public names.
        rooms: Modules and packages that are public names themselves.

    Returns:
        The package's `__getattr__` and `__dir__`.
    """
    places = {room: (f"{package}.{room}", None) for room in rooms}
    for module, names in modules.items():
        places |= {name: (f"{package}.{module}", name) for name in names}

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
