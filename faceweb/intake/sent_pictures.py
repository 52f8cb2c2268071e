"""Pictures that come in a JSON body: as base64, by their URL, or by their key in a bucket.

Each is an uploaded file, as one of a form is, so whatever takes a form takes JSON, too. It is read,
and fetched, when the view asks for it: after the caller is known, and in a thread.
"""

import base64
import io
from collections.abc import Callable
from typing import IO, cast
from urllib.parse import urlsplit

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from faceweb.intake.uploads import UploadRefused, too_large_sentence
from faceweb.replies.patience import step_begins
from faceweb.webhooks.addresses import AddressRefused
from faceweb.webhooks.fetching import NotFetched, fetched
from foundation.aws.storage import Bucket
from foundation.config import Settings
from foundation.errors import ObjectMissing

FIELDS = frozenset({"picture", "pictures", "other", "file", "source_image", "target_image"})
"""The fields of a JSON body that hold pictures."""

HOW = 'Send a picture as base64, as {"url": ...}, or as {"bucket": ..., "key": ...}.'
DATA_URL = "data:"

Load = Callable[[], bytes]


class SentPicture(UploadedFile):
    """A picture that is loaded at its first reading. Reading raises UploadRefused."""

    bucket = ""
    """Where it lies. It is read only once the caller was found to be one who may name that."""

    def __init__(
        self, name: str, load: Load, bucket: str = "", *, is_fetched: bool = False
    ) -> None:
        super().__init__(file=cast("IO[bytes]", _LoadedLate(load)), name=name)
        self.bucket = bucket
        self.is_fetched = is_fetched


class _LoadedLate:
    """The few verbs of a file that an upload is read by."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._content: io.BytesIO | None = None

    def _loaded(self) -> io.BytesIO:
        if self._content is None:
            self._content = io.BytesIO(self._load())
        return self._content

    def read(self, size: int = -1) -> bytes:
        return self._loaded().read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._loaded().seek(place, whence)

    def close(self) -> None:
        self._content = None


def sent_picture(value: object, settings: Settings) -> SentPicture:
    """The picture that a value of a JSON body speaks of. What is wrong with it, its reading says:
    so the caller is asked who it is first."""
    match value:
        case str():
            return SentPicture("picture", lambda: _decoded(value, settings))
        case {"url": str(url)}:
            return SentPicture(_last_part(url), lambda: _by_url(url, settings), is_fetched=True)
        case {"bucket": str(bucket), "key": str(key)} if bucket and key:
            return SentPicture(_last_part(key), lambda: _by_key(bucket, key, settings), bucket)
        case {"name": str(name), "content": str(content)}:
            return SentPicture(name, lambda: _decoded(content, settings))
    return SentPicture("picture", _not_understood)


def fetches(request: HttpRequest) -> bool:
    """Whether a picture of the request is at an address. A form that nobody has read yet stays so:
    its pictures are in it."""
    files: MultiValueDict[str, UploadedFile] | None = getattr(request, "_files", None)
    pictures = (one for _, several in files.lists() for one in several) if files else ()
    return any(isinstance(one, SentPicture) and one.is_fetched for one in pictures)


def _not_understood() -> bytes:
    raise UploadRefused(422, HOW)


def _last_part(path: str) -> str:
    try:
        return urlsplit(path).path.rpartition("/")[2] or "picture"
    except ValueError:
        return "picture"


def _decoded(text: str, settings: Settings) -> bytes:
    """Base64, also in a data URL."""
    if text.startswith(DATA_URL):
        text = text.partition(",")[2]
    if len(text) > settings.max_upload_bytes * 3 // 2:
        raise UploadRefused(413, too_large_sentence(settings))
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise UploadRefused(422, f"The picture is not base64. {HOW}") from None


def _by_url(url: str, settings: Settings) -> bytes:
    try:
        return fetched(url, settings.max_upload_bytes, settings.private_webhooks_allowed)
    except (AddressRefused, NotFetched) as error:
        raise UploadRefused(422, f"The picture was not fetched: {error}.") from None


def _by_key(name: str, key: str, settings: Settings) -> bytes:
    step_begins()
    try:
        found = Bucket(name, settings).opened(key)
    except ObjectMissing:
        raise UploadRefused(422, f"The bucket {name} has no object {key}.") from None
    with found["Body"] as body:
        if found["ContentLength"] > settings.max_upload_bytes:
            raise UploadRefused(413, too_large_sentence(settings))
        return body.read()
