"""Tensors as arrays of numpy: how a file describes them, and views of their storages."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.errors import TorchFileInvalid
from recognition.torch_file.unpickling import Function, Name

Values = npt.NDArray[np.generic]

TYPES = {
    "torch DoubleStorage": "<f8",
    "torch FloatStorage": "<f4",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "i1",
    "torch ByteStorage": "u1",
    "torch BoolStorage": "?",
}

MOST_DIMENSIONS = 16
MOST_VALUES = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageId:
    """What a tensor says of its storage: its name in the file, and what it holds."""

    key: str
    type: np.dtype[np.generic]
    count: int

    @property
    def size_bytes(self) -> int:
        """The storage's size in bytes."""
        return self.count * self.type.itemsize


def storage_id(reference: object) -> StorageId:
    """A persistent id: ("storage", type, key, device, count, and in old files None).

    Raises TorchFileInvalid.
    """
    if (
        not isinstance(reference, tuple)
        or len(reference) not in (5, 6)
        or reference[0] != "storage"
    ):
        raise TorchFileInvalid("it refers to something that is no storage of a tensor")
    _, name, key, _, count, *view = reference
    if not isinstance(name, Name) or name.text not in TYPES:
        raise TorchFileInvalid("it has numbers of a type that is not read here")
    if not isinstance(key, str) or not _is_count(count) or any(each is not None for each in view):
        raise TorchFileInvalid("it describes a storage in a way that is not read here")
    return StorageId(key=key, type=np.dtype(TYPES[name.text]), count=count)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST_VALUES


def rebuilt(storage: object, offset: object, size: object, stride: object, *_: object) -> Values:
    """A view of a storage, which takes no memory. Raises TorchFileInvalid."""
    if not isinstance(storage, np.ndarray) or not _is_count(offset):
        raise TorchFileInvalid("it has a tensor without a storage")
    sizes, strides = _counts(size), _counts(stride)
    if len(sizes) != len(strides) or len(sizes) > MOST_DIMENSIONS:
        raise TorchFileInvalid("it has a tensor whose shape makes no sense")
    if 0 in sizes:
        return _empty(sizes, storage.dtype)
    last = sum((length - 1) * step for length, step in zip(sizes, strides, strict=True))
    if math.prod(sizes) > len(storage) or offset + last >= len(storage):  # type: ignore[operator]
        raise TorchFileInvalid("it has a tensor that is larger than its storage")
    in_bytes = [step * storage.itemsize for step in strides]
    values = storage[offset:]
    return np.lib.stride_tricks.as_strided(values, sizes, in_bytes, writeable=False)


def _empty(sizes: Sequence[int], type_: np.dtype[np.generic]) -> Values:
    if math.prod(size for size in sizes if size) > MOST_VALUES:
        raise TorchFileInvalid("it has a tensor whose shape makes no sense")
    return np.zeros(sizes, type_)


def _counts(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(_is_count(each) for each in values):
        raise TorchFileInvalid("it has a tensor whose shape makes no sense")
    return values


def _parameter(tensor: object, *_: object) -> object:
    return tensor


FUNCTIONS: dict[str, Function] = {
    "collections OrderedDict": OrderedDict,
    "torch._utils _rebuild_tensor_v2": rebuilt,
    "torch._utils _rebuild_parameter": _parameter,
}
"""All that a file of tensors may call, and what is done here instead."""
