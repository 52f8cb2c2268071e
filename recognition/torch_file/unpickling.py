"""Reads the few opcodes of a pickle that weights need. Nothing in it is imported or called.

Python's own unpickler does it, with all other opcodes taken out. A name in the file stands for a
function of ours, or for nothing but itself.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recognition.errors import TorchFileInvalid

OPCODES = b"".join((
    pickle.PROTO, pickle.STOP, pickle.MARK, pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE,
    pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1, pickle.BINFLOAT,
    pickle.BINUNICODE, pickle.EMPTY_DICT, pickle.EMPTY_LIST, pickle.EMPTY_TUPLE, pickle.TUPLE,
    pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.APPEND, pickle.APPENDS, pickle.SETITEM,
    pickle.SETITEMS, pickle.BINPUT, pickle.LONG_BINPUT, pickle.BINGET, pickle.LONG_BINGET,
    pickle.GLOBAL, pickle.REDUCE, pickle.BINPERSID,
))  # fmt: skip
"""All that are read. The state of a dictionary (BUILD) is read, too, and dropped."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of Python that the pickle refers to, such as "torch FloatStorage"."""

    text: str

    def __call__(self, *_: object) -> object:
        raise TorchFileInvalid(f"it calls {self.text!r:.80}, which weights never need")


Function = Callable[..., object]


def unpickle(
    file: io.BytesIO, functions: Mapping[str, Function], storage: Callable[[object], object]
) -> object:
    """The value of the pickle that begins at the file's position; the position moves behind it.

    Parameters:
        functions: what is done for each name that the pickle may call.
        storage: what stands for a persistent id, which is how a tensor names its storage.

    Raises TorchFileInvalid; also ValueError, LookupError, TypeError, AttributeError or
    UnpicklingError over a pickle that is damaged.
    """
    return _Reader(file, functions, storage).load()


class _Opcodes(dict[int, Callable[..., None]]):
    """What is done for each opcode."""

    def __missing__(self, opcode: int) -> Callable[..., None]:
        raise TorchFileInvalid(f"it has the opcode {opcode:#x}, which weights never need")


def _drop_state(reader: _Reader) -> None:
    """A dictionary's attributes, such as a state dict's metadata: they are not its values."""
    reader.stack.pop()
    if not isinstance(reader.stack[-1], OrderedDict):
        raise TorchFileInvalid("it gives attributes to something that has none")


class _Reader(pickle._Unpickler):  # the one in Python, whose opcodes can be taken out
    dispatch = _Opcodes({code: pickle._Unpickler.dispatch[code] for code in OPCODES})
    dispatch[pickle.BUILD[0]] = _drop_state
    stack: list[object]

    def __init__(
        self, file: io.BytesIO, functions: Mapping[str, Function], storage: Function
    ) -> None:
        super().__init__(file)
        self._functions, self._storage = functions, storage

    def find_class(self, module: str, name: str) -> object:
        text = f"{module} {name}"
        return self._functions.get(text, Name(text))

    def persistent_load(self, reference: object) -> object:
        return self._storage(reference)
