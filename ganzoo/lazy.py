"""Public names that are imported on first use (PEP 562), and names in a module's text.

A package lists the module of each of its public names, so that `import ganzoo` starts
neither TensorFlow nor Keras. For editors and type checkers it imports the same names
under `if TYPE_CHECKING:`, and a test keeps the two lists equal.

No public name may equal the name of a module of the package: importing the module would
overwrite it.
"""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def attach(
    package: str, modules: Mapping[str, Sequence[str]], rooms: Sequence[str] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Returns the `__getattr__` and `__dir__` of a package that imports on first use.

    Examples:
        >>> __getattr__, __dir__ = lazy.attach(__name__, {"catalog": ("card", "names")})

    Args:
        package: Name of the package.
        modules: Public names of each module, by its name relative to the package.
        rooms: Names of modules and packages that are public themselves.
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


def registered(module: str, decorator: str = "_known") -> tuple[str, ...]:
    """Returns the names that a module registers with a decorator, without importing it.

    So that a wrong name on a command line is answered before TensorFlow has started.
    The name is the decorator's argument, or without one the name of the function.

    Args:
        module: Name of the module.
        decorator: Name of the decorator.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"There is no module {module}.", name=module)
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    found = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        for one in node.decorator_list:
            match one:
                case ast.Name(id=name) if name == decorator:
                    found.append(node.name)
                case ast.Call(
                    func=ast.Name(id=name), args=[ast.Constant(value=str(word))]
                ) if name == decorator:
                    found.append(word)
    return tuple(found)
