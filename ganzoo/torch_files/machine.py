"""The operations of a pickle that a dict of tensors needs, and no others."""

import dataclasses
import pickletools
from typing import IO, Any

_DTYPES = {
    "torch DoubleStorage": "f8",
    "torch FloatStorage": "f4",
    "torch HalfStorage": "f2",
    "torch LongStorage": "i8",
    "torch IntStorage": "i4",
    "torch ShortStorage": "i2",
    "torch CharStorage": "i1",
    "torch ByteStorage": "u1",
    "torch BoolStorage": "?",
}
_DICT = "collections OrderedDict"
_TENSOR = "torch._utils _rebuild_tensor_v2"
_PARAMETER = "torch._utils _rebuild_parameter"
_NAMES = {*_DTYPES, _DICT, _TENSOR, _PARAMETER}
# Operations that push their argument.
_LITERALS = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINSTRING"),
    *("SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_IGNORED = {"PROTO", "FRAME"}
_MARK = object()


class RefusedError(ValueError):
    """A file holds something else than tensors; the message says what."""


@dataclasses.dataclass(frozen=True)
class _Name:
    path: str  # as in _NAMES


@dataclasses.dataclass(frozen=True)
class Storage:
    """Numbers that one or more tensors show; dtype as NumPy writes it."""

    key: str
    dtype: str
    count: int


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A view of a storage; offset and stride in numbers, not bytes."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class Machine:
    """The operations of a pickle that tensors need, on a stack and a memo."""

    def __init__(self) -> None:
        self.storages: dict[str, Storage] = {}
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, file: IO[bytes]) -> Any:
        """Carries out one pickle and returns its object; the file is after it then."""
        for operation, argument, _ in pickletools.genops(file):
            name = operation.name
            if name == "STOP":
                return self._stack.pop()
            if name in _LITERALS:
                self._stack.append(argument)
            elif name in _CONSTANTS:
                self._stack.append(_CONSTANTS[name])
            elif name not in _IGNORED:
                self._step(name, argument)
        raise EOFError("it ends early")

    def _step(self, name: str, argument: Any) -> None:
        stack, pop = self._stack, self._stack.pop
        match name:
            case "MARK":
                stack.append(_MARK)
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "TUPLE":
                stack.append(tuple(self._to_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                stack[-int(name[-1]) :] = [tuple(stack[-int(name[-1]) :])]
            case "APPEND" | "APPENDS":
                items = [pop()] if name == "APPEND" else self._to_mark()
                _of(list, stack[-1]).extend(items)
            case "SETITEM" | "SETITEMS":
                items = [pop(), pop()][::-1] if name == "SETITEM" else self._to_mark()
                _set(_of(dict, stack[-1]), zip(items[::2], items[1::2], strict=True))
            case "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = stack[-1]
            case "MEMOIZE":
                self._memo[len(self._memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "GLOBAL":
                stack.append(_named(argument))
            case "STACK_GLOBAL":
                last, module = pop(), pop()
                stack.append(_named(f"{module} {last}"))
            case "BINPERSID":
                stack.append(self._storage(*_of(tuple, pop())))
            case "REDUCE":
                arguments, function = _of(tuple, pop()), _of(_Name, pop())
                stack.append(_made(function.path, arguments))
            case "BUILD":  # the versions of modules, which a state_dict() carries
                pop()
                _of(dict, stack[-1])
            case _:
                raise RefusedError(
                    f"is refused: its pickle has the operation {name}, which tensors "
                    "do not need; nothing of it was run"
                )

    def _to_mark(self) -> list[Any]:
        """Takes what was pushed since the last mark, and the mark."""
        place = max(n for n, item in enumerate(self._stack) if item is _MARK)
        items = self._stack[place + 1 :]
        del self._stack[place:]
        return items

    def _storage(
        self,
        kind: str,
        dtype: _Name,
        key: str,
        device: str,
        count: int,
        view: Any = None,
    ) -> Storage:
        dtypes = _DTYPES.get(_of(_Name, dtype).path)
        if kind != "storage" or dtypes is None or view is not None or count < 0:
            raise RefusedError("is damaged: a storage is not described as one")
        found = Storage(_of(str, key), dtypes, _of(int, count))
        if self.storages.setdefault(key, found) != found:
            raise RefusedError(f"is damaged: it describes storage {key} in two ways")
        return found


def _named(path: str) -> _Name:
    if path not in _NAMES:
        raise RefusedError(
            f"is refused: its pickle would call {path.replace(' ', '.')}, which is no "
            "part of a tensor; nothing of it was run"
        )
    return _Name(path)


def _made(path: str, arguments: tuple) -> Any:
    """Returns what the call of a function of _NAMES would."""
    if path == _DICT:
        return _set({}, _of(list, arguments[0]) if arguments else ())
    if path == _TENSOR:
        storage, offset, size, stride = arguments[:4]
        return Tensor(_of(Storage, storage), offset, tuple(size), tuple(stride))
    if path == _PARAMETER:
        return _of(Tensor, arguments[0])
    raise RefusedError(f"is damaged: it calls {path.replace(' ', '.')}")


def _set(target: dict, pairs: Any) -> dict:
    """Sets items by name: other keys, such as deep tuples, are not hashed."""
    for key, value in pairs:
        target[_of(str, key)] = value
    return target


def _of(kind: type, value: Any) -> Any:
    """Returns a value of the right type; anything else is damage."""
    if not isinstance(value, kind):
        raise RefusedError(f"is damaged: a {type(value).__name__} is out of place")
    return value
