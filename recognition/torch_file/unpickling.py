"""Interprets the few opcodes of a pickle that weights need. Nothing in it is imported or called.

The standard library's `genops` only takes a pickle apart. What its opcodes do is done here, for
containers, numbers, texts and tensors; any other opcode or name is refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any

from recognition.errors import TorchFileInvalid

MOST_STEPS = 4_000_000
"""A gallery of 100,000 embeddings has as many; InceptionResnetV1's weights have 30,000."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of Python that the pickle refers to, such as "torch FloatStorage"."""

    text: str


Function = Callable[..., object]


def unpickle(
    file: IO[bytes], functions: Mapping[str, Function], storage: Callable[[object], object]
) -> object:
    """The value of the pickle that begins at the file's position; the position moves behind it.

    Parameters:
        functions: what is done for each name that the pickle may call.
        storage: what stands for a persistent id, which is how a tensor names its storage.

    Raises TorchFileInvalid; also ValueError, IndexError, TypeError or KeyError over a pickle that
    is damaged.
    """
    machine = _Machine(functions, storage)
    for number, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if number == MOST_STEPS:
            raise TorchFileInvalid(f"it takes more than {MOST_STEPS} steps to read")
        machine.step(opcode.name, argument)
    return machine.result()


class _Machine:
    """A stack of values, the positions of its marks, and a memo."""

    def __init__(
        self, functions: Mapping[str, Function], storage: Callable[[object], object]
    ) -> None:
        self._functions = functions
        self._storage = storage
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def step(self, opcode: str, argument: object) -> None:
        if opcode in _PUSHES_ITS_ARGUMENT:
            self._stack.append(argument)
        elif opcode in _PUSHES:
            self._stack.append(_PUSHES[opcode]())
        elif opcode in _DOES:
            _DOES[opcode](self, argument)
        elif opcode not in _DOES_NOTHING:
            raise TorchFileInvalid(f"it has the opcode {opcode}, which weights never need")

    def result(self) -> object:
        return self._stack.pop()

    def _mark(self, _: object) -> None:
        self._marks.append(len(self._stack))

    def _since_mark(self) -> list[Any]:
        begin = self._marks.pop()
        values = self._stack[begin:]
        del self._stack[begin:]
        return values

    def _tuple(self, _: object) -> None:
        self._stack.append(tuple(self._since_mark()))

    def _tuple_of(self, count: int) -> None:
        values = tuple(self._stack.pop() for _ in range(count))
        self._stack.append(values[::-1])

    def _append(self, _: object) -> None:
        value = self._stack.pop()
        self._list().append(value)

    def _appends(self, _: object) -> None:
        values = self._since_mark()
        self._list().extend(values)

    def _list(self) -> list[Any]:
        return _of_type(self._stack[-1], list)

    def _set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set(key, value)

    def _set_items(self, _: object) -> None:
        values = self._since_mark()
        for key, value in zip(values[::2], values[1::2], strict=True):
            self._set(key, value)

    def _set(self, key: object, value: object) -> None:
        if not isinstance(key, str | int):
            raise TorchFileInvalid("it has a key that is neither a text nor a whole number")
        _of_type(self._stack[-1], dict)[key] = value

    def _drop_state(self, _: object) -> None:
        """A dictionary's attributes, such as a state dict's metadata: they are not its values."""
        self._stack.pop()
        _of_type(self._stack[-1], dict)

    def _put(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def _get(self, place: int) -> None:
        self._stack.append(self._memo[place])

    def _name(self, text: str) -> None:
        self._stack.append(Name(text))

    def _call(self, _: object) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        function = self._functions.get(_of_type(name, Name).text)
        if function is None:
            raise TorchFileInvalid(f"it calls {name.text!r:.80}, which weights never need")
        self._stack.append(function(*_of_type(arguments, tuple)))

    def _persistent(self, _: object) -> None:
        self._stack.append(self._storage(self._stack.pop()))


def _of_type(value: object, wanted: type) -> Any:
    if type(value) is not wanted:
        found = type(value).__name__
        raise TorchFileInvalid(f"it has a {found} where a {wanted.__name__} is due")
    return value


_PUSHES_ITS_ARGUMENT = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"}

_PUSHES: dict[str, Callable[[], object]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple,
}  # fmt: skip

_DOES: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine._mark,
    "TUPLE": _Machine._tuple,
    "TUPLE1": lambda machine, _: machine._tuple_of(1),
    "TUPLE2": lambda machine, _: machine._tuple_of(2),
    "TUPLE3": lambda machine, _: machine._tuple_of(3),
    "APPEND": _Machine._append,
    "APPENDS": _Machine._appends,
    "SETITEM": _Machine._set_item,
    "SETITEMS": _Machine._set_items,
    "BUILD": _Machine._drop_state,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "GLOBAL": _Machine._name,
    "REDUCE": _Machine._call,
    "BINPERSID": _Machine._persistent,
}

_DOES_NOTHING = {"PROTO", "STOP"}
