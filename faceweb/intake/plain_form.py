"""The form that nearly every client sends: one file, and nothing else.

Django's parser takes 0.3 ms of a core for a picture of 100 KB, a twelfth of all that the web tier
does for it. This takes 0.03. Every other form is left to Django.
"""

import re

from django.http import HttpRequest

from faceweb.server.handler import unread_body

_TYPE = re.compile(r"multipart/form-data; *boundary=([A-Za-z0-9'_-]{1,70})", re.IGNORECASE)
_HEADERS = re.compile(
    rb'Content-Disposition: form-data; name="([A-Za-z]+)"; '
    rb'filename="([^"\\/&%;\x00-\x1f\x7f]{1,180})"'
    rb"(?:\r\nContent-Type: [A-Za-z0-9/.+-]+)?",
    re.IGNORECASE,
)
LONGEST_HEADERS = 512


def only_file(request: HttpRequest, field: str) -> tuple[str, bytes] | None:
    """Name and content of the form's one file, which is the whole form. None for other forms, and
    for a body that is not in memory."""
    body = unread_body(request)
    form = _TYPE.fullmatch(request.META.get("CONTENT_TYPE", ""))
    if form is None or body is None or body.is_on_disk:
        return None
    return file_in(body.in_memory(), form[1].encode(), field.encode())


def file_in(body: bytes, boundary: bytes, field: bytes) -> tuple[str, bytes] | None:
    """Name and content of the one file of a body. None where there is more, or less."""
    first, last = b"--" + boundary + b"\r\n", b"\r\n--" + boundary + b"--\r\n"
    if not (body.startswith(first) and body.endswith(last)) or body.count(boundary) != 2:
        return None
    end = body.find(b"\r\n\r\n", len(first), LONGEST_HEADERS)
    headers = _HEADERS.fullmatch(body, len(first), end) if end > 0 else None
    if headers is None or headers[1] != field:
        return None
    try:
        name = headers[2].decode()
    except UnicodeDecodeError:
        return None
    if not name.isprintable() or not name.strip(" ."):
        return None
    return name, body[end + 4 : -len(last)]
