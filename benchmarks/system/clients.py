"""Clients that post pictures: a thousand at once in one process, and cheap.

An HTTP library takes more of the processor for each request than the web tier may, and both share
the cores here; so the little HTTP that is needed is spoken over the sockets.
"""

from __future__ import annotations

import asyncio
import resource
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SPARE_FILES = 200
"""Open files of this process beside its clients' sockets."""

OnAnswer = Callable[[int], None]
"""Told how many clients have their answer."""


class TooFewFiles(Exception):
    """This machine's limit of open files does not allow this number of clients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One picture that was posted, and what came back. `status` is 0 where nothing did."""

    filename: str
    status: int
    text: str
    job_path: str
    seconds: float

    @property
    def answer(self) -> str | None:
        """The result that the contract's `<filename>:<result>` tells, if it does."""
        name, colon, result = self.text.strip().rpartition(":")
        return result if self.status == 200 and colon and name == self.filename else None


def post_all(
    port: int, pictures: Mapping[str, bytes], concurrency: int, on_answer: OnAnswer
) -> list[Exchange]:
    """Post every picture, a number at a time, and wait for all answers. Raises TooFewFiles."""
    allow_open_files(concurrency + SPARE_FILES)
    return asyncio.run(_post_all(port, pictures, concurrency, on_answer))


async def _post_all(
    port: int, pictures: Mapping[str, bytes], concurrency: int, on_answer: OnAnswer
) -> list[Exchange]:
    waiting = list(pictures.items())[::-1]
    exchanges: list[Exchange] = []

    async def client() -> None:
        while waiting:
            exchanges.append(await post(port, *waiting.pop()))
            on_answer(len(exchanges))

    async with asyncio.TaskGroup() as clients:
        for _ in range(min(concurrency, len(pictures))):
            clients.create_task(client())
    return exchanges


async def post(port: int, filename: str, picture: bytes) -> Exchange:
    """Post one picture as a browser's form does, on a separate connection."""
    began = time.perf_counter()
    try:
        status, headers, text = await exchange(
            port, request("/", *form("inputFile", filename, picture))
        )
    except (OSError, ValueError, EOFError) as error:
        status, headers, text = 0, {}, f"{type(error).__name__}: {error}"
    return Exchange(
        filename=filename,
        status=status,
        text=text,
        job_path="/" + headers.get("location", "").partition("://")[2].partition("/")[2],
        seconds=time.perf_counter() - began,
    )


async def get(port: int, path: str) -> str:
    """The body of a page. Raises OSError where there is none."""
    message = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    status, _, text = await exchange(port, message.encode())
    if status != 200:
        raise OSError(f"GET {path} was answered by status {status}: {text[:200]}")
    return text


async def exchange(port: int, message: bytes) -> tuple[int, dict[str, str], str]:
    """Send a request on a separate connection. Returns status, headers and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(message)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        body = await reader.read()
    finally:
        writer.close()
    first, *lines = head.splitlines()
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return int(first.split()[1]), headers, body.decode()


def form(
    field: str, filename: str, picture: bytes, fields: Mapping[str, str] | None = None
) -> tuple[bytes, str]:
    """A form's body and its media type: `fields`, then the picture."""
    boundary = uuid.uuid4().hex
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (fields or {}).items()
    )
    start = (
        f'{parts}--{boundary}\r\nContent-Disposition: form-data; name="{field}"; '
        f'filename="{filename}"\r\nContent-Type: image/jpeg\r\n\r\n'
    ).encode()
    body = start + picture + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def request(path: str, body: bytes, media_type: str) -> bytes:
    """A POST on a connection that ends with its answer."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    return head + body


def allow_open_files(wanted: int) -> None:
    """Let this process, and those that it starts from now on, open this number of files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise TooFewFiles(
                f"{wanted} open files are needed, and this machine allows {hard}: raise the limit "
                "(ulimit -Hn) or ask for fewer clients with --clients"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
