"""Hostile .keras files: none runs anything, opens a file, or takes over 500 MB."""

import copy
import ctypes
import io
import json
import os
import struct
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import keras_files
from ganzoo.keras_files import classes
from ganzoo.zoo.external import read_generator

MOST_MEMORY = 500  # MB
BILLION = 10**9


# ------------------------------------------------------------------ the files' pieces


def layer(name: str, module="keras.layers", registered=None, /, **config) -> dict:
    return {
        "module": module,
        "class_name": name,
        "config": config,
        "registered_name": registered,
    }


def tensor(source: str, shape=(None, 3)) -> dict:
    history = {"shape": shape, "dtype": "float32", "keras_history": [source, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def node(described: dict, /, *arguments, name: str = "odd", **keywords) -> dict:
    """A layer in a graph, called on the arguments."""
    called = {"args": list(arguments), "kwargs": keywords}
    return described | {"name": name, "inbound_nodes": [called]}


NOISE = layer("InputLayer", batch_shape=[None, 3], name="noise")


def sequential(*layers: dict) -> dict:
    described = layer("Sequential", "keras", name="own", layers=[NOISE, *layers])
    described["config"]["build_input_shape"] = [None, 3]
    return described


def graph(*nodes: dict) -> dict:
    """A functional model from noise to the last node."""
    first = NOISE | {"name": "noise", "inbound_nodes": []}
    config = {
        "name": "own",
        "trainable": True,
        "layers": [first, *nodes],
        "input_layers": ["noise", 0, 0],
        "output_layers": [nodes[-1]["name"], 0, 0],
    }
    return layer("Functional", "keras.src.models.functional", "Functional", **config)


IMAGE = (
    layer("Dense", units=16, activation="tanh"),
    layer("Reshape", target_shape=[4, 4, 1]),
)


def function(module: str, name: str) -> dict:
    return layer("function", module, name) | {"config": name}


def a_lambda(module: str, name: str) -> dict:
    called = function(module, name)
    return layer("Lambda", function=called, arguments={}, output_shape=[16])


def stored(numbers=(48, 16)) -> bytes:
    """The HDF5 file of a dense layer from 3 to 16 numbers, or of others."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for place, count in enumerate(numbers):
            shape = (3, 16) if count == 48 else (count,)
            where = f"layers/dense/vars/{place}"
            file[where] = np.linspace(-1, 1, count, dtype="f4").reshape(shape)
    return content.getvalue()


def archived(path: Path, *members: tuple, kind: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members:
            archive.writestr(name, content)


def write(path: Path, config: dict | str | bytes, weights: bytes | None = None) -> None:
    text = json.dumps(config) if isinstance(config, dict) else config
    weights = stored() if weights is None else weights
    archived(path, ("config.json", text), ("model.weights.h5", weights))


# --------------------------------------------------- they would run code, or open files


def layers_that_run(canary: Path) -> dict[str, dict]:
    """By name the configurations of layers that would run or open something."""
    saved, words = str(canary / "model"), str(canary / "words.txt")
    code = {"class_name": "__lambda__", "config": {"code": "4wAA", "defaults": None}}
    tfsm = layer("TFSMLayer", filepath=saved, call_endpoint="serve")
    editor = function("keras.saving", "KerasFileEditor")
    dense = layer("Dense", units=4)
    inner = layer("Lambda", function=tfsm)
    return {
        "lambda of Python": layer("Lambda", function=code),
        "lambda of a SavedModel": inner,
        "lambda of the file editor": layer("Lambda", function=editor),
        "lambda of the file editor's class": layer(
            "Lambda", function=layer("KerasFileEditor", "keras.saving", filepath=words)
        ),
        "lambda by its module": layer("Lambda", "keras.src.layers.core.lambda_layer"),
        "lambda without a module": {"class_name": "Lambda", "config": {}},
        "a SavedModel": tfsm,
        "JAX": layer("JaxLayer", call_fn=editor),
        "Flax": layer("FlaxLayer", module=editor),
        "Torch": layer("TorchModuleWrapper", module="gASVJAAAAAAAAACMBXBvc2l4"),
        "words of a file": layer("StringLookup", vocabulary=words),
        "whole numbers of a file": layer("IntegerLookup", vocabulary=words),
        "text by words of a file": layer("TextVectorization", vocabulary=words),
        "a function as a layer": function("keras.utils", "get_file"),
        "a function of Python": function("os", "system"),
        "a function of no module": function("builtins", "exec"),
        "a class of Python": layer("Popen", "subprocess", args=["touch", words]),
        "a class of NumPy": layer("memmap", "numpy", filename=words),
        "a foreign registered name": layer("Dense", "other", "other>Dense", units=4),
        "a registered name of ours without a class": layer(
            "Dense", "ganzoo", "ganzoo>Danse", units=4
        ),
        "a registered name of ours on another class": layer(
            "Lambda", "ganzoo", "ganzoo>Conv2D", function=editor
        ),
        "a function as an activation": dense
        | {
            "config": {"units": 4, "activation": function("keras.saving", "load_model")}
        },
        "a SavedModel as an activation": layer("Dense", units=4, activation=tfsm),
        "the file editor as an initializer": layer(
            "Dense", units=4, kernel_initializer=editor
        ),
        "Fourier transforms as an initializer": layer(
            "Dense", units=4, bias_initializer=layer("STFT", "keras.initializers")
        ),
        "a SavedModel in a build": dense | {"build_config": {"input_shape": tfsm}},
        "a lambda over time": layer("TimeDistributed", layer=inner),
        "a lambda both ways": layer("Bidirectional", layer=inner),
        "a lambda as a cell": layer("RNN", cell=inner),
        "a specification of types": dense
        | {"config": {"units": {"class_name": "__typespec__", "config": []}}},
        "bytes": dense
        | {"config": {"units": {"class_name": "__bytes__", "config": {"value": "a"}}}},
    }


def graphs_that_run(canary: Path) -> dict[str, dict]:
    """By name the configurations of networks whose calls would do so."""
    tfsm = layer("TFSMLayer", filepath=str(canary / "model"))
    x = tensor("noise")
    called = {}
    for module, name, path in (
        ("keras.layers", "TFSMLayer", "model"),
        ("keras.saving", "KerasFileEditor", "good.weights.h5"),
    ):
        called |= {
            f"a lambda that is {name}, called on a path": graph(
                node(a_lambda(module, name), inputs=str(canary / path)),
                node(layer("Dense", units=16), x, name="dense"),
            ),
            # Not before it draws: a mask that the function does not take is dropped.
            f"a lambda that is {name}, called on a path and a mask": graph(
                node(a_lambda(module, name), inputs=str(canary / path), mask=x),
                node(IMAGE[1], tensor("odd", (None, 16)), name="image"),
            ),
        }
    return called | {
        "a SavedModel as an argument": graph(
            node(layer("Dense", units=16), x, mask=tfsm)
        ),
        "an operation with a function": graph(
            node(layer("Map", "keras.src.ops.core", "Map"), tfsm, x)
        ),
        "a derivative of a function": graph(
            node(layer("JVP", "keras.src.ops.linalg", "JVP"), tfsm, [x], [x])
        ),
        "an operation that is none": graph(
            node(layer("np", "keras.src.ops.numpy", "np"), x)
        ),
        "a model that is a number": {"class_name": "__numpy__", "config": {"value": 1}},
        "a model that is an initializer": layer("Zeros", "keras.initializers"),
        "a model of Python": layer("Popen", "subprocess", args=["ls"]),
    }


# ------------------------------------------------------------ they would take memory


def tower(levels: int, calls: int) -> dict:
    """Networks in networks, each calling the one below several times."""
    inner = graph(node(layer("Dense", units=3), tensor("noise"), name="dense"))
    for _ in range(levels):
        inner = inner | {"name": "inner"}
        inner["inbound_nodes"] = [
            {"args": [tensor("noise")], "kwargs": {}} for _ in range(calls)
        ]
        config = copy.deepcopy(graph(node(layer("Dense", units=3), tensor("inner"))))
        config["config"]["layers"].insert(1, inner)
        inner = config
    return inner


def large_configs() -> dict[str, dict | str]:
    """By name configurations that claim much; all are small."""
    x = tensor("noise")
    image = [*IMAGE]
    arange = layer("Arange", "keras.src.ops.numpy", "Arange")
    full = layer("UpSampling2D")
    numbers = {"class_name": "__numpy__", "config": {"value": [1], "dtype": "V900000"}}
    branches = [node(layer("Dense", units=16), x, name="dense")]
    branches.append(
        node(layer("Reshape", target_shape=[4, 4, 1]), tensor("dense"), name="image")
    )
    for number in range(12):
        branches.append(
            node(
                layer("UpSampling2D", size=650, name=f"up{number}"),
                tensor("image"),
                name=f"up{number}",
            )
        )
    ups = [tensor(f"up{number}") for number in range(12)]
    branches.append(node(layer("Add"), ups, name="sum"))
    return {
        "weights": sequential(layer("Dense", units=BILLION), *image),
        "more weights": sequential(layer("Dense", units=BILLION**2), *image),
        "a hundred million, ten times": sequential(
            *[layer("Dense", units=10_000, name=f"d{n}") for n in range(11)], *image
        ),
        "an embedding": sequential(
            layer("Embedding", input_dim=BILLION, output_dim=9),
            layer("Flatten"),
            *image,
        ),
        "heads": graph(
            node(
                layer("MultiHeadAttention", num_heads=BILLION, key_dim=9),
                tensor("noise"),
                tensor("noise"),
            )
        ),
        "a convolution": sequential(
            *image, layer("Conv2DTranspose", filters=BILLION, kernel_size=5)
        ),
        "cells": sequential(
            layer("RepeatVector", n=2), layer("LSTM", units=BILLION), *image
        ),
        "a built shape": sequential(
            layer("Dense", units=4) | {"build_config": {"input_shape": [1, BILLION]}},
            *image,
        ),
        "a large image between": sequential(
            *image,
            full | {"config": {"size": 20_000}},
            layer("AveragePooling2D", pool_size=20_000),
        ),
        "a large image": sequential(*image, full | {"config": {"size": 20_000}}),
        "padding": sequential(*image, layer("ZeroPadding2D", padding=50_000)),
        "repeated": sequential(
            layer("RepeatVector", n=BILLION),
            layer("GlobalMaxPooling1D"),
            *image,
        ),
        "one-hot": sequential(
            layer("CategoryEncoding", num_tokens=BILLION, output_mode="one_hot"),
        ),
        "many branches": graph(*branches),
        "much noise": sequential(*image)
        | {"config": {"name": "own", "layers": [NOISE_OF_MUCH, *image]}},
        "a range, computed at once": graph(node(arange, 0, BILLION // 3)),
        "a tensor, computed at once": graph(
            node(
                full | {"config": {"size": 20_000}},
                {
                    "class_name": "__tensor__",
                    "config": {"value": [[[[1.0]]]], "dtype": "float32"},
                },
            )
        ),
        "tiles": graph(
            node(layer("Tile", "keras.src.ops.numpy", "Tile", repeats=BILLION), x)
        ),
        "numbers of a wide type": graph(node(layer("Add"), [x, numbers])),
        "networks in networks": tower(6, 10),
        "a call without end": graph(
            layer("Dense", units=16) | {"name": "odd", "inbound_nodes": 7}
        ),
        "deep lists": "[" * 200_000,
        "deep dicts": json.dumps(sequential(*image))[:-1]
        + ', "a": '
        + '{"a": ' * 900
        + "1"
        + "}" * 901,
        "many lists": '{"class_name": "Sequential", "config": ['
        + "[]," * 1_000_000
        + "[]]}",
        "a large number": "9" * 1_000_000,
        "no JSON": b"\xff\xfe\x00",
        "no model": "[]",
    }


NOISE_OF_MUCH = layer("InputLayer", batch_shape=[None, BILLION], name="noise")


# -------------------------------------------------------------- their weights lead away


def links(canary: Path) -> dict[str, bytes]:
    """By name HDF5 files that open others, or claim what they do not hold."""
    other = str(canary / "canary.h5")
    external = [(str(canary / "raw.bin"), 0, 192)]
    rows = np.zeros((3, 16), "f4")

    def made(write) -> bytes:
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            write(file)
        return content.getvalue()

    def dataset(**arguments):
        return lambda file: file.create_dataset("layers/dense/vars/0", **arguments)

    def virtual(file):
        layout = h5py.VirtualLayout((3, 16), "f4")
        layout[:] = h5py.VirtualSource(other, "a", (3, 16))
        file.create_virtual_dataset("layers/dense/vars/0", layout)

    def odd_attribute(file):
        found = file.create_dataset("layers/dense/vars/0", data=rows)
        found.attrs["dtype"] = ["bfloat16"] * 9

    squeezed = {"shape": (BILLION,), "dtype": "f4", "chunks": (2**20,)}
    return {
        "an external link": made(
            lambda file: file.update({"layers": h5py.ExternalLink(other, "/")})
        ),
        "an external link below": made(
            lambda file: file.create_group("layers/dense/vars").update(
                {"0": h5py.ExternalLink(other, "/a")}
            )
        ),
        "a soft link": made(lambda file: file.update({"layers": h5py.SoftLink("/")})),
        "numbers outside": made(
            dataset(shape=(3, 16), dtype="f4", external=external),
        ),
        "a view of another file": made(virtual),
        "numbers that are not there": made(dataset(**squeezed)),
        "numbers that are compressed": made(dataset(**squeezed, compression="gzip")),
        "strings": made(dataset(data=[b"a"] * 48)),
        "strings of any length": made(
            dataset(shape=(9,), dtype=h5py.string_dtype(), data=["a"] * 9)
        ),
        "records": made(dataset(data=np.zeros(48, [("a", "u1"), ("b", "u1")]))),
        "an odd attribute": made(odd_attribute),
        "half of the file": stored()[:1000],
        "no HDF5": b"hello",
        "nothing": b"",
        "too few numbers": stored((48,)),
        "too many numbers": stored((48, 17)),
    }


# -------------------------------------------------------------- the archive around them


def archives(folder: Path) -> dict[str, Path]:
    """By name archives that are not what `keras.Model.save()` writes."""
    config = ("config.json", json.dumps(sequential(*IMAGE)))
    weights = ("model.weights.h5", stored())
    array = io.BytesIO()
    np.save(array, np.array([print], object), allow_pickle=True)
    made = {}

    def make(name: str, *members, kind=zipfile.ZIP_STORED) -> Path:
        made[name] = folder / f"archive_{len(made)}.keras"
        archived(made[name], *members, kind=kind)
        return made[name]

    make("a path upwards", config, weights, ("../evil.txt", "x"))
    make("a path from the root", config, weights, ("/tmp/evil.txt", "x"))
    make("vocabularies", config, weights, ("assets/layers/a/vocabulary.txt", "x"))
    make("many members", config, weights, *[(f"m{n}", "") for n in range(99)])
    make("no configuration", weights)
    make("no weights", config)
    make("pickled weights", config, ("model.weights.npz", array.getvalue()))
    make("LZMA", config, weights, kind=zipfile.ZIP_LZMA)
    swollen = "0" * 2**26
    make("a swollen configuration", ("config.json", swollen), weights, kind=8)
    make("swollen weights", config, ("model.weights.h5", swollen), kind=8)
    make("a large configuration", ("config.json", swollen), weights)
    with pytest.warns(UserWarning, match="Duplicate"):
        make("two configurations", config, ("config.json", "{}"), weights)
    content = make("a swollen claim", config, weights).read_bytes()
    claimed = content.replace(
        struct.pack("<2L", *2 * [len(config[1])]),
        struct.pack("<2L", len(config[1]), 2**31),
    )
    made["a swollen claim"].write_bytes(claimed)
    flagged = bytearray(make("encrypted", config, weights).read_bytes())
    flagged[flagged.index(b"PK\x01\x02") + 8] |= 1
    made["encrypted"].write_bytes(flagged)
    for name, changed in {
        "a flipped bit": content.replace(b'"units": 16', b'"units": 17'),
        "half": content[: len(content) // 2],
        "a comment": content[:-2] + b"\x05\x00hello",
        "a large archive": content[:-22] + b"PK\x06\x07" + bytes(16) + content[-22:],
        "no zip": b"hello",
        "nothing": b"",
    }.items():
        made[name] = folder / f"archive_{len(made)}.keras"
        made[name].write_bytes(changed)
    return made


# ------------------------------------------------------------------------ the watchmen


class Watch:
    """What Python opens and starts, what anybody opens of a folder, and the memory."""

    STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen")

    def __init__(self):
        self.active, self.seen = False, []
        self._known = tuple(
            str(Path(place).resolve())
            for place in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())
        ) + (str(Path(ganzoo.__file__).parent), f"{tempfile.gettempdir()}/ganzoo-")
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple) -> None:
        if not self.active:
            return
        if event in self.STARTS or event.startswith("socket."):
            self.seen.append((event, arguments))
        elif event == "open" and isinstance(arguments[0], str | bytes | Path):
            name = os.fsdecode(arguments[0])
            if name != self.file and not name.startswith((*self._known, "/proc/self")):
                self.seen.append((event, name))

    def opened(self, file: Path, canary: Path) -> tuple[list, float, Exception | None]:
        """Reads a file; returns what was opened or run, megabytes, and the error."""
        self.seen, self.file, error = [], str(file), None
        watched = _Opened(canary)
        before = _reset_memory()
        self.active = True
        try:
            read_generator(file)
        except ValueError as raised:
            error = raised
        finally:
            self.active = False
        used = 0.0 if before is None else _memory("VmHWM") - before
        return [*self.seen, *watched.names()], used, error


def _reset_memory() -> float | None:
    """Forgets the peak of memory; returns megabytes, None where that cannot be done."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return _memory("VmRSS")


def _memory(field: str) -> float:
    """Megabytes of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1e3


class _Opened:
    """What is opened of a folder, by Python or by libraries in C; Linux only."""

    def __init__(self, folder: Path):
        self._file = -1
        if sys.platform != "linux":
            return
        libc = ctypes.CDLL(None, use_errno=True)
        self._file = libc.inotify_init1(os.O_NONBLOCK)
        for place in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
            libc.inotify_add_watch(self._file, os.fsencode(place), 0x20 | 0x1)

    def names(self) -> list[str]:
        found = []
        if self._file < 0:
            return found
        try:
            data = os.read(self._file, 2**16)
        except BlockingIOError:
            data = b""
        os.close(self._file)
        while data:
            length = struct.unpack("iIII", data[:16])[3]
            found.append(data[16 : 16 + length].rstrip(b"\0").decode())
            data = data[16 + length :]
        return found


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    """A folder that nobody has any business in."""
    folder = tmp_path_factory.mktemp("canary")
    (folder / "model").mkdir()
    (folder / "model" / "saved_model.pb").write_bytes(b"")
    (folder / "words.txt").write_text("a\nb\n")
    (folder / "raw.bin").write_bytes(bytes(4096))
    for name in ("canary.h5", "good.weights.h5"):
        with h5py.File(folder / name, "w") as file:
            file["a"] = np.zeros((3, 16), "f4")
    return folder


@pytest.fixture(scope="module")
def watch():
    return Watch()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, canary) -> dict[str, Path]:
    """Every hostile file, by name."""
    folder = tmp_path_factory.mktemp("hostile")
    found = {f"archive: {name}": path for name, path in archives(folder).items()}

    def add(name: str, config, weights=None) -> None:
        found[name] = folder / f"{len(found)}.keras"
        write(found[name], config, weights)

    for name, one in layers_that_run(canary).items():
        add(f"layer: {name}", sequential(one, *IMAGE))
        add(f"GAN: {name}", gan_of(sequential(*IMAGE), sequential(one)))
    for name, config in graphs_that_run(canary).items():
        add(f"graph: {name}", config)
    for name, config in large_configs().items():
        add(f"large: {name}", config)
    for name, content in links(canary).items():
        add(f"weights: {name}", sequential(*IMAGE), content)
    add("weights: one set of numbers for twenty layers", twenty(), one_for_all())
    add("weights: those of the history of a SimGAN", simgan())
    return found


def gan_of(generator: dict, discriminator: dict) -> dict:
    config = {"generator": generator, "discriminator": discriminator}
    return layer("GAN", "ganzoo.gans.gan", "ganzoo>GAN", **config)


def twenty() -> dict:
    side = 1000
    dense = [layer("Dense", units=side, name=f"dense_{n}") for n in range(20)]
    return sequential(*dense, *IMAGE)


def one_for_all() -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["a"] = np.zeros((1000, 1000), "f4")
        for number in range(20):
            file[f"layers/dense_{number}/vars/0"] = file["a"]
    return content.getvalue()


def simgan() -> dict:
    config = {"refiner": sequential(*IMAGE), "history_capacity": BILLION}
    return layer("SimGAN", "ganzoo.gans.simgan", "ganzoo>SimGAN", **config)


# --------------------------------------------------------------------------- the tests


def test_the_table_has_over_thirty_files(hostile):
    assert len(hostile) > 100


def test_no_hostile_file_runs_opens_or_takes_anything(hostile, canary, watch, tmp_path):
    write(tmp_path / "good.keras", sequential(*IMAGE))
    assert watch.opened(tmp_path / "good.keras", canary)[2] is None  # and warms up
    wrong = {}
    for name, path in hostile.items():
        opened, used, error = watch.opened(path, canary)
        text = str(error)
        if opened or used > MOST_MEMORY or error is None or "\n" in text:
            wrong[name] = (opened, used, text)
    assert wrong == {}


def test_the_watchmen_notice(canary, watch, tmp_path, monkeypatch):
    def careless(path):
        with h5py.File(canary / "canary.h5"):
            (canary / "words.txt").read_text()
        np.ones(6 * 10**8, np.uint8)
        return keras.Sequential()

    write(tmp_path / "good.keras", sequential(*IMAGE))
    monkeypatch.setattr(keras_files, "load", careless)
    opened, used, error = watch.opened(tmp_path / "good.keras", canary)
    assert ("open", str(canary / "words.txt")) in opened
    assert error is not None
    if sys.platform == "linux":
        assert "canary.h5" in opened
        assert used > MOST_MEMORY


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("layer: a SavedModel", "it holds TFSMLayer of keras.layers, which is refused"),
        ("layer: a function as a layer", "the function get_file of keras.utils"),
        ("large: weights", "describes 20,000,000,016 weights, .* holds 64 numbers"),
        ("large: a large image between", "needs [0-9,]+ values for one image"),
        ("large: networks in networks", "its layers are called [0-9,]+ times"),
        ("weights: an external link", r"hold a link \(ExternalLink\) at /layers"),
        ("weights: numbers that are not there", "claim 4,000,000,000 bytes and hold 0"),
        ("archive: a swollen configuration", "config.json swells from"),
        ("archive: a path upwards", r"holds '\.\./evil.txt', which no model"),
    ],
)
def test_the_line_says_what_is_refused_and_what_to_do(hostile, name, message):
    with pytest.raises(ValueError, match=message) as raised:
        read_generator(hostile[name])
    text = str(raised.value)
    assert str(hostile[name]) in text
    assert "write its images into a folder" in text


def test_every_layer_of_keras_was_looked_at():
    names = {}
    for name, found in vars(keras.layers).items():
        if isinstance(found, type):
            names.setdefault(found, set()).add(name)
    assert not classes.LAYERS & classes.REFUSED
    for known in names.values():  # one, and for some layers others besides
        allowed, refused = known & classes.LAYERS, known & classes.REFUSED
        if keras.__version__.startswith("3.15."):
            assert len(allowed | refused) == 1, known
        for name in known:  # a layer of newer Keras is refused
            expected = "layer" if name in allowed else None
            assert classes.kind(layer(name)) == expected
