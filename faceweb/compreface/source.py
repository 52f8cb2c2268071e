"""A CompreFace that people are moved from, by its REST API."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import HTTPError

PAGE = 100
SECONDS = 30.0
RETRIES = urllib3.Retry(total=3, backoff_factor=0.5, status_forcelist=(502, 503, 504))


class SourceRefused(OSError):
    """The source did not answer as CompreFace does; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceImage:
    """An example of the source: its id, and whose it is."""

    id: str
    subject: str


class Source:
    """What is asked of a CompreFace: its subjects, its images, and their content.

    Parameters:
        url: the address that its clients use, such as http://localhost:8000.
        key: the API key of its recognition service.
    """

    def __init__(self, url: str, key: str) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/recognition"
        self._http = urllib3.PoolManager(
            headers={"x-api-key": key}, timeout=urllib3.Timeout(total=SECONDS), retries=RETRIES
        )

    def subjects(self) -> list[str]:
        """Raises SourceRefused."""
        return [str(name) for name in self._json("subjects").get("subjects", ())]

    def images(self) -> Iterator[SourceImage]:
        """All images, page by page. Raises SourceRefused."""
        page, pages = 0, 1
        while page < pages:
            found = self._json(f"faces?{urlencode({'page': page, 'size': PAGE})}")
            for one in found.get("faces", ()):
                yield SourceImage(id=str(one["image_id"]), subject=str(one["subject"]))
            page, pages = page + 1, int(found.get("total_pages", 0))

    def content(self, image: SourceImage) -> bytes:
        """The picture of an image; empty where the source kept none. Raises SourceRefused."""
        return self._got(f"faces/{quote(image.id, safe='')}/img")

    def _json(self, path: str) -> Mapping[str, Any]:
        try:
            found = json.loads(self._got(path))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SourceRefused(f"{self._url} does not answer as CompreFace does: is it right?")
        return cast("Mapping[str, Any]", found)

    def _got(self, path: str) -> bytes:
        try:
            answer = self._http.request("GET", f"{self._url}/{path}")
        except HTTPError:
            raise SourceRefused(f"{self._url} does not answer: is the address right?") from None
        if answer.status != 200:
            raise SourceRefused(
                f"{self._url} answered {answer.status} ({_message(answer.data)}): "
                "are address and key right?"
            )
        return answer.data


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"
