"""Files of tensors, read as torch reads them with weights_only, or refused in a sentence."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from recognition.errors import TorchFileInvalid
from recognition.torch_file import reading
from recognition.torch_file.reading import read_torch_file
from tests.recognition.torch_when_used import torch

few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

TYPES = (
    "float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool",
)  # fmt: skip


def saved(value: object, as_zip: bool) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=as_zip)
    return buffer.getvalue()


def read(data: bytes, folder: Path) -> Any:
    path = folder / "a.pt"
    path.write_bytes(data)
    return read_torch_file(path)


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, torch.Tensor):
        theirs = theirs.detach().numpy()
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_same(ours[key], theirs[key])
    elif isinstance(theirs, list | tuple):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other)
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs or (ours != ours and theirs != theirs)


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    shape = draw(st.lists(st.integers(0, 5), max_size=4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    kind_of_number = getattr(torch, draw(st.sampled_from(TYPES)))
    values = (torch.rand(shape, generator=generator) * 100 - 20).to(kind_of_number)
    kind = draw(st.sampled_from(["whole", "turned", "part", "parameter"]))
    if kind == "turned":
        return values.permute(tuple(reversed(range(values.dim()))))
    if kind == "part" and values.dim() and len(values):
        return values[len(values) // 2 :: 2]
    if kind == "parameter" and values.is_floating_point():
        return torch.nn.Parameter(values)
    return values


plain = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
keys = st.text() | st.integers(-(2**40), 2**40)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
        | st.dictionaries(st.text(), inner, max_size=5).map(OrderedDict)
    )


values = st.recursive(plain | tensors(), containers, max_leaves=20)


@few
@given(value=values, as_zip=st.booleans())
def test_it_reads_what_torch_reads(value: object, as_zip: bool, tmp_path: Path) -> None:
    data = saved(value, as_zip)

    theirs = torch.load(io.BytesIO(data), weights_only=True)

    assert_same(read(data, tmp_path), theirs)


@pytest.mark.parametrize("as_zip", [True, False])
def test_tensors_that_share_a_storage_share_it(as_zip: bool, tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)

    ours = read(saved({"whole": whole, "column": whole[:, 1]}, as_zip), tmp_path)

    assert np.shares_memory(ours["whole"], ours["column"])
    with pytest.raises(ValueError, match="read-only"):
        ours["whole"][0] = 1.0


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_state_dict_is_a_dictionary_of_arrays(as_zip: bool, tmp_path: Path) -> None:
    """With the metadata that `state_dict` hangs on it."""
    state = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).state_dict()

    assert_same(read(saved(state, as_zip), tmp_path), state)


@pytest.mark.parametrize("net", ["pnet", "rnet", "onet"])
def test_the_detector_s_own_files_are_read(net: str) -> None:
    path = Path(str(files("facenet_pytorch"))) / "data" / f"{net}.pt"

    assert_same(read_torch_file(path), torch.load(path, weights_only=True))


class Calls:
    """What a pickle makes of it is a call."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


@pytest.mark.parametrize("as_zip", [True, False])
@pytest.mark.parametrize("function", [os.mkdir, eval, getattr, Path.touch])
def test_nothing_in_a_file_is_called(function: Any, as_zip: bool, tmp_path: Path) -> None:
    trace = tmp_path / "was-called"
    data = saved({"weights": torch.ones(3), "and": Calls(function, str(trace))}, as_zip)

    with pytest.raises(TorchFileInvalid, match=r"calls|opcode"):
        read(data, tmp_path)
    assert not trace.exists()


def in_zip(pickled: bytes, packed: bool = False, **parts: bytes) -> bytes:
    buffer = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, data in parts.items():
            archive.writestr(f"archive/data/{name}", data)
    return buffer.getvalue()


class Id:
    """A storage, as a pickle with persistent ids names it."""

    def __init__(self, count: int) -> None:
        self.id = ("storage", torch.FloatStorage, "0", "cpu", count)


def tensor_pickle(count: int, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> Any:
            return value.id if isinstance(value, Id) else None

    rebuild = torch._utils._rebuild_tensor_v2
    buffer = io.BytesIO()
    arguments = (Id(count), offset, size, stride, False, {})
    Pickler(buffer, protocol=2).dump(Calls(rebuild, *arguments))
    return buffer.getvalue()


HOSTILE = {
    "more values than the storage has": (4, 0, (5,), (1,)),
    "an offset behind the end": (4, 2, (3,), (1,)),
    "an offset before the beginning": (4, -1, (2,), (1,)),
    "a stride backwards": (4, 3, (4,), (-1,)),
    "one value a trillion times": (4, 0, (10**6, 10**6), (0, 0)),
    "a storage longer than the file": (2**39, 0, (4,), (1,)),
    "a shape of another rank": (4, 0, (4,), ()),
    "nothing, in a shape that no array has": (4, 0, (0, 2**39, 2**39), (1, 1, 1)),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_a_tensor_beyond_its_storage_is_refused(case: Any, tmp_path: Path) -> None:
    values = np.arange(4, dtype="<f4").tobytes()
    data = in_zip(tensor_pickle(*case), **{"0": values})

    assert read(in_zip(tensor_pickle(4, 1, (3,), (1,)), **{"0": values}), tmp_path).sum() == 6.0
    with pytest.raises(TorchFileInvalid):
        read(data, tmp_path)


def test_a_packed_file_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A megabyte that would become a gigabyte."""
    with pytest.raises(TorchFileInvalid, match="is packed"):
        read(in_zip(b"\0" * (1 << 26), packed=True), tmp_path)


@pytest.mark.parametrize("head", [b"", b"PK"])
def test_a_pickle_of_endless_steps_is_refused(
    head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_PICKLED_BYTES", 1000)
    steps = b"\x80\x02" + b"}" * 1001 + b"."

    with pytest.raises(TorchFileInvalid, match=r"too many tensors|damaged"):
        read(in_zip(steps) if head else steps, tmp_path)


def test_nothing_but_a_dictionary_takes_attributes(tmp_path: Path) -> None:
    """A function of ours would have them, too."""
    rebuild = b"ctorch._utils\n_rebuild_tensor_v2\n"

    with pytest.raises(TorchFileInvalid, match="attributes"):
        read(in_zip(b"\x80\x02" + rebuild + b"}b."), tmp_path)


def test_numbers_of_another_byte_order_are_refused(tmp_path: Path) -> None:
    data = saved(torch.ones(3), as_zip=True).replace(b"little", b"bigger")

    with pytest.raises(TorchFileInvalid):
        read(data, tmp_path)


def test_an_empty_file_and_a_text_are_refused(tmp_path: Path) -> None:
    for data in (b"", b"no weights", b"PK\x03\x04"):
        with pytest.raises(TorchFileInvalid):
            read(data, tmp_path)


@few
@given(as_zip=st.booleans(), share=st.floats(0, 0.999))
def test_a_file_that_ends_early_is_refused(as_zip: bool, share: float, tmp_path: Path) -> None:
    data = saved({"a": torch.ones(40), "b": [torch.zeros(2, 3)]}, as_zip)

    with pytest.raises(TorchFileInvalid):
        read(data[: int(len(data) * share)], tmp_path)


@few
@given(as_zip=st.booleans(), places=st.lists(st.floats(0, 0.999), min_size=1), data=st.data())
def test_a_damaged_file_is_read_or_refused(
    as_zip: bool, places: list[float], data: st.DataObject, tmp_path: Path
) -> None:
    """Nothing else may come of it: no other exception, and no memory that it asks for."""
    content = bytearray(saved({"a": torch.ones(40), "b": [torch.zeros(2, 3)]}, as_zip))
    for place in places:
        content[int(len(content) * place)] = data.draw(st.integers(0, 255))

    try:
        read(bytes(content), tmp_path)
    except TorchFileInvalid as error:
        assert len(str(error)) < 200
