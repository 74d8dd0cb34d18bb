"""Checks the configuration of a model before anything is built from it."""

import json
from typing import Any

from ganzoo.keras_files import classes

MOST_DEPTH = 100  # lists and dicts inside one another
MOST_VALUES = 500_000
MOST_CALLS = 3_000  # calls of layers; a network called twice counts twice
_DTYPES = {"bool", "bfloat16", "float16", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
_ALLOWED = (
    "A .keras file may hold the layers of Keras that compute, and ganzoo's own, but "
    "none that runs code, reads files or looks up words."
)


def checked(text: bytes) -> dict:
    """Returns the configuration in a config.json, if building it is safe."""
    try:
        config = json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("its config.json is nested too deep.") from None
    except ValueError as error:
        raise ValueError(f"its config.json is not JSON: {error}.") from None
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError("its config.json describes no model.")
    _Walk().visit(config, 0)
    if classes.kind(config) not in ("model", "gan"):
        raise ValueError("its config.json describes no model.")
    if (count := calls(config)) > MOST_CALLS:
        raise ValueError(
            f"its layers are called {count:,} times; {MOST_CALLS:,} are the most."
        )
    return config


def networks(config: dict) -> list[dict]:
    """Returns the configurations of the networks of a GAN, or of a single network."""
    if classes.kind(config) != "gan":
        return [config]
    parts = [part for part in config["config"].values() if isinstance(part, dict)]
    if "generator" not in config["config"]:
        raise ValueError(f"its {config['class_name']} has no generator of noise.")
    return [part for part in parts if classes.kind(part) in ("model", "layer")]


def calls(node: Any) -> int:
    """Returns the number of calls of layers needed to build a configuration."""
    if isinstance(node, list):
        return sum(map(calls, node))
    if not isinstance(node, dict):
        return 0
    own = classes.kind(node) in ("layer", "operation", "model", "gan")
    times = max(1, len(node.get("inbound_nodes") or ()))
    return times * (own + sum(map(calls, node.values())))


class _Walk:
    """Visits every value of a configuration, and refuses forbidden ones."""

    def __init__(self) -> None:
        self._values = 0

    def visit(self, node: Any, depth: int) -> None:
        """Checks a value and all values in it; removes compile settings."""
        self._values += 1
        if depth > MOST_DEPTH or self._values > MOST_VALUES:
            raise ValueError(
                f"its config.json is nested deeper than {MOST_DEPTH}, or holds more "
                f"than {MOST_VALUES:,} values."
            )
        if isinstance(node, dict):
            node.pop("compile_config", None)  # a model is loaded, not trained
            if {"class_name", "module", "registered_name"} & node.keys():
                _check_object(node)
            if "inbound_nodes" in node:
                _check_nodes(node)
            node = node.values()
        elif not isinstance(node, list):
            return
        for value in node:
            self.visit(value, depth + 1)


def _check_object(node: dict) -> None:
    name = node.get("class_name")
    if isinstance(name, str) and name in classes.VALUES:
        _check_value(name, node.get("config"))
        return
    if classes.kind(node) is None and classes.is_foreign(node):
        raise ValueError(
            f"it holds {_named(node)}, a class that is neither Keras's nor ganzoo's. "
            "Load it by keras.saving.load_model in code that imports the class; or, of "
            "a GAN of such a class, save only the generator: gan.generator.save(path)."
        )
    if classes.kind(node) is None:
        raise ValueError(f"it holds {_named(node)}, which is refused. {_ALLOWED}")
    if not isinstance(node.get("config"), dict):
        raise ValueError(f"its {name} has no configuration.")
    classes.check_config(str(name), node["config"])


def _named(node: dict) -> str:
    """Returns the name of an object for messages."""
    name, registered = node.get("class_name"), node.get("registered_name")
    if name == "function":
        name = f"the function {node.get('config')}"
    own = isinstance(registered, str) and ">" in registered
    place = registered if own else node.get("module")
    return f"{name} of {place}" if place else str(name)


def _check_value(name: str, config: Any) -> None:
    """Refuses values that take more memory than their description."""
    if name == "__ellipsis__":
        return
    if not isinstance(config, dict):
        raise ValueError(f"its {name} has no configuration.")
    if name in ("__tensor__", "__numpy__") and config.get("dtype") not in _DTYPES:
        raise ValueError(f"its {name} is of the dtype {config.get('dtype')!r}.")
    if name == "__slice__":
        ends = [config.get(key) for key in ("start", "stop", "step")]
        if not all(end is None or isinstance(end, int) for end in ends):
            raise ValueError(f"its {name} has ends that are not whole numbers.")


def _check_nodes(layer: dict) -> None:
    """Refuses calls of a layer on numbers, which would be computed while loading."""
    nodes = layer["inbound_nodes"]
    good = isinstance(nodes, list) and all(
        isinstance(node, dict)
        and node.keys() == {"args", "kwargs"}
        and _symbolic([node["args"], node["kwargs"]])
        for node in nodes
    )
    if not good:
        raise ValueError(
            f"its layer {layer.get('name')!r} is called on no output of a layer, or "
            "the file is of Keras 2: load it with Keras 3, and save it again."
        )


def _symbolic(value: Any, depth: int = 0) -> bool:
    """Returns whether the output of a layer is among the arguments."""
    if depth > MOST_DEPTH:
        return False
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return True
        value = () if "class_name" in value else value.values()
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return False
    return any(_symbolic(one, depth + 1) for one in value)
