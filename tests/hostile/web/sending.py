"""Requests as bytes, as a client may write them who keeps to no rule."""

from __future__ import annotations

import socket

MARK = b"hostile"
FORM = b"Content-Type: multipart/form-data; boundary=" + MARK + b"\r\n"
HOST = b"Host: localhost\r\n"
END = b"Connection: close\r\n\r\n"
NOT_A_PICTURE = b"this is no picture"
AN_ID = "0d8312bf-061d-46ad-8995-a688f8c3ca9f"


def form(content: bytes = NOT_A_PICTURE, field: bytes = b"inputFile", files: int = 1) -> bytes:
    part = (
        b"--" + MARK + b'\r\nContent-Disposition: form-data; name="' + field
        + b'"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + content + b"\r\n"
    )  # fmt: skip
    return part * files + b"--" + MARK + b"--\r\n"


def post(path: str, body: bytes, *headers: str, kind: bytes = FORM, host: bytes = HOST) -> bytes:
    more = "".join(f"{header}\r\n" for header in headers).encode()
    length = f"Content-Length: {len(body)}\r\n".encode()
    return f"POST {path} HTTP/1.1\r\n".encode() + host + kind + length + more + END + body


def get(path: str, *headers: str, host: bytes = HOST) -> bytes:
    more = "".join(f"{header}\r\n" for header in headers).encode()
    return f"GET {path} HTTP/1.1\r\n".encode() + host + more + END


def chunked(*chunks: bytes) -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks)
    head = b"POST / HTTP/1.1\r\n" + HOST + FORM + b"Transfer-Encoding: chunked\r\n" + END
    return head + framed + b"0\r\n\r\n"


def announced(path: str, *headers: str) -> bytes:
    """The headers of an upload of 900 KB whose client waits to be asked for it."""
    more = "".join(f"{header}\r\n" for header in headers)
    return (
        f"POST {path} HTTP/1.1\r\n".encode() + HOST + FORM
        + f"Content-Length: 900000\r\nExpect: 100-continue\r\n{more}\r\n".encode()
    )  # fmt: skip


def ends(connection: socket.socket) -> bytes:
    """What comes until the server ends the connection; fails where it does not."""
    connection.settimeout(30)
    received = b""
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionResetError:
        pass
    return received
