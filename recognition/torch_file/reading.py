"""Opens a file that `torch.save` wrote: a ZIP archive, or as torch wrote it before version 1.6.

Every size that the file claims is compared with the file's own length before memory is taken.
"""

import io
import mmap
import pickle
import struct
import zipfile
from pathlib import Path
from typing import IO, cast

import numpy as np

from recognition.errors import TorchFileInvalid
from recognition.torch_file.tensors import FUNCTIONS, StorageId, Values, storage_id
from recognition.torch_file.unpickling import unpickle

ZIP_BEGINS = b"PK\x03\x04"
OLD_MAGIC = 0x1950A86A20F9469CFC6C
OLD_PROTOCOL = 1001
COUNT = struct.Struct("<q")

MOST_PICKLED_BYTES = 16 * 2**20
"""Names and shapes are pickled, values are not. A gallery of 100,000 embeddings has 10 MB of
them."""

_DAMAGED = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError, RuntimeError,
    struct.error, pickle.UnpicklingError, zipfile.BadZipFile, OSError,
)  # fmt: skip
"""What the standard library says of a damaged file. OSError: a place before its beginning."""


def read_torch_file(path: Path) -> object:
    """What was saved: dictionaries, lists, tuples, texts and numbers; tensors as read-only arrays.

    Raises TorchFileInvalid when it is no such file, is damaged, or holds anything else; OSError.
    """
    with path.open("rb") as file:
        try:
            return _read(file)
        except _DAMAGED as error:
            raise TorchFileInvalid(f"it is damaged or no file of torch ({error!s:.80})") from None


def _read(file: IO[bytes]) -> object:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] == ZIP_BEGINS:
            return _read_zip(file, len(data))
        return _OldFile(data).read()


def _read_zip(file: IO[bytes], length: int) -> object:
    with zipfile.ZipFile(file) as archive:
        _check_sizes(archive, length)
        (pickled,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder = pickled.removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist():
            _check_order(archive.read(f"{folder}byteorder") == b"little")
        storages: dict[str, Values] = {}

        def storage(reference: object) -> Values:
            wanted = storage_id(reference)
            if wanted.key not in storages:
                stored = archive.read(f"{folder}data/{wanted.key}")
                storages[wanted.key] = np.frombuffer(stored, wanted.type)
            return _agreeing(storages[wanted.key], wanted)

        if archive.getinfo(pickled).file_size > MOST_PICKLED_BYTES:
            raise TorchFileInvalid("it describes far too many tensors")
        return unpickle(io.BytesIO(archive.read(pickled)), FUNCTIONS, storage)


def _check_sizes(archive: zipfile.ZipFile, length: int) -> None:
    """Nothing is packed, so all of it together is no longer than the file."""
    entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise TorchFileInvalid("it is packed, which torch never does")
    if sum(max(entry.file_size, entry.compress_size) for entry in entries) > length:
        raise TorchFileInvalid("its parts claim to be longer than the file")


def _agreeing(values: Values, wanted: StorageId) -> Values:
    if values.dtype != wanted.type or len(values) != wanted.count:
        raise TorchFileInvalid(
            f"its storage {wanted.key[:20]} has another size than its tensors say"
        )
    return values


def _check_order(is_little: object) -> None:
    if is_little is not True:
        raise TorchFileInvalid("its numbers are in the order of another kind of processor")


class _OldFile:
    """Five pickles (magic, version, system, what was saved, keys), then the storages' values."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._pickles = io.BytesIO(data[:MOST_PICKLED_BYTES])
        self._storages: dict[str, Values] = {}
        self._bytes_left = len(data)

    def read(self) -> object:
        if self._unpickle() != OLD_MAGIC or self._unpickle() != OLD_PROTOCOL:
            raise TorchFileInvalid("it is no file of torch")
        system = self._unpickle()
        _check_order(isinstance(system, dict) and system.get("little_endian"))
        saved = self._unpickle()
        keys = cast(list[str], self._unpickle())
        if set(keys) != set(self._storages):
            raise TorchFileInvalid("it lacks some of its storages")
        self._data.seek(self._pickles.tell())
        for key in keys:
            self._fill(self._storages[key])
        return saved

    def _unpickle(self) -> object:
        return unpickle(self._pickles, FUNCTIONS, self._storage)

    def _storage(self, reference: object) -> Values:
        """Room for values that come later in the file, and no more than the file can hold."""
        wanted = storage_id(reference)
        if wanted.key not in self._storages:
            self._bytes_left -= wanted.size_bytes
            if self._bytes_left < 0:
                raise TorchFileInvalid("its storages claim to be longer than the file")
            self._storages[wanted.key] = np.zeros(wanted.count, wanted.type)
        return _agreeing(self._storages[wanted.key], wanted)

    def _fill(self, storage: Values) -> None:
        (count,) = COUNT.unpack(self._data.read(COUNT.size))
        stored = self._data.read(storage.nbytes)
        if count != len(storage) or len(stored) != storage.nbytes:
            raise TorchFileInvalid("it ends early, or a storage has another size than is said")
        storage[:] = np.frombuffer(stored, storage.dtype)
