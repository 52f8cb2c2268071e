"""Reads the constant tensors of a TFLite file as floats. Pure.

Only what is needed of the schema (tensorflow/lite/schema/schema.fbs, version 3): a field's number
in its table, by which a FlatBuffer is read without generated code.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from flatbuffers import encode, packer
from flatbuffers.number_types import Float32Flags, Int32Flags, Int64Flags, Uint8Flags
from flatbuffers.table import Table

Floats = npt.NDArray[np.float32]

SUBGRAPHS, BUFFERS = 2, 4  # of a model
TENSORS = 0  # of a subgraph
SHAPE, KIND, BUFFER, NAME, QUANTIZATION = range(5)  # of a tensor
SCALE, ZERO_POINT = 2, 3  # of a quantization
DATA = 0  # of a buffer
STORED = {0: np.float32, 2: np.int32, 3: np.uint8}
"""TensorType: FLOAT32, INT32, UINT8."""


def read_tensors(data: bytes) -> dict[str, Floats]:
    """Each tensor that holds values, by its name: scale x (stored - zero point)."""
    model = Table(data, encode.Get(packer.uoffset, data, 0))
    buffers = list(_tables(model, BUFFERS))
    (graph,) = _tables(model, SUBGRAPHS)
    found = {}
    for tensor in _tables(graph, TENSORS):
        raw = _numbers(buffers[_number(tensor, BUFFER, packer.uint32)], DATA, Uint8Flags)
        kind = STORED.get(_number(tensor, KIND, packer.int8))
        if len(raw) and kind is not None:
            shape = _numbers(tensor, SHAPE, Int32Flags)
            found[_text(tensor, NAME)] = _dequantised(tensor, raw.view(kind).reshape(shape))
    return found


def _dequantised(tensor: Table, stored: npt.NDArray[np.generic]) -> Floats:
    (where,) = _places(tensor, QUANTIZATION)
    quantization = Table(tensor.Bytes, tensor.Indirect(where))
    scale = _numbers(quantization, SCALE, Float32Flags)
    if not len(scale):
        return stored.astype(np.float32)
    zero = _numbers(quantization, ZERO_POINT, Int64Flags)
    return np.asarray((stored.astype(np.float64) - zero[0]) * scale[0], np.float32)


def _places(table: Table, field: int) -> list[int]:
    """Where a field lies; nowhere if the table has none."""
    offset = table.Offset(4 + 2 * field)
    return [table.Pos + offset] if offset else []


def _tables(table: Table, field: int) -> Iterator[Table]:
    offset = table.Offset(4 + 2 * field)
    start = table.Vector(offset)
    for number in range(table.VectorLen(offset)):
        yield Table(table.Bytes, table.Indirect(start + 4 * number))


def _numbers(table: Table, field: int, kind: type) -> npt.NDArray[np.generic]:
    offset = table.Offset(4 + 2 * field)
    return table.GetVectorAsNumpy(kind, offset) if offset else np.zeros(0, np.uint8)


def _number(table: Table, field: int, how: object) -> int:
    places = _places(table, field)
    return int(encode.Get(how, table.Bytes, places[0])) if places else 0


def _text(table: Table, field: int) -> str:
    return table.String(_places(table, field)[0]).decode()
