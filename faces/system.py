"""The system that commands talk to by HTTP: where it is, and what it answers."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from faces.errors import Problem

ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 # nosec B104 - compared with, not listened on
PATIENCE_SECONDS = 900.0
Field = str | tuple[str, bytes]
Asking = TypeVar("Asking", bound=Callable[..., object])


def url_of(given: str | None, environment: Mapping[str, str]) -> str:
    """The address that was given, or that of the system that runs on this machine."""
    if given:
        return given.rstrip("/") + "/"
    from foundation.local_state.running_system import recorded_system, var_dir_of

    known = {**environment, **recorded_system(var_dir_of(environment))}
    host = known.get("HOST", "127.0.0.1")
    return f"http://{'127.0.0.1' if host in ANYWHERE else host}:{known.get('PORT') or 8000}/"


class JsonAnswer(dict[str, Any]):
    """A JSON object of an answer. Another server's lacks what this system always tells."""

    def __missing__(self, name: str) -> NoReturn:
        raise Problem(f"The answer is not from this system: it has no {name!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    text: str

    @property
    def value(self) -> JsonAnswer:
        """The JSON object that came. Raises Problem for anything else."""
        try:
            found = json.loads(self.text, object_hook=JsonAnswer)
        except ValueError:
            found = None
        if not isinstance(found, JsonAnswer):
            raise Problem(f"The answer is not from this system: {self.text[:80]!r}.")
        return found

    @property
    def sentence(self) -> str:
        """Why a request was refused, in the words of the system."""
        if self.status in (401, 403):
            return (
                "this system asks for a key: make one there with `faces keys make NAME`, and "
                "give it as FACES_KEY"
            )
        try:
            return str(json.loads(self.text)["detail"])
        except (ValueError, KeyError, TypeError):
            return self.text.strip()[:300] or f"status {self.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system by its address, and the key that is shown there."""

    url: str
    key: str | None = None

    def get(self, path: str, *, statuses: tuple[int, ...] = (200,)) -> JsonAnswer:
        """The JSON that is there. Raises Problem."""
        answer = self._ask("GET", path)
        if answer.status not in statuses:
            raise Problem(f"{self.url}{path}: {answer.sentence}")
        return answer.value

    def post(self, path: str, **fields: Field) -> Answer:
        """Send a form. Raises Problem where nobody answers."""
        return self._ask("POST", path, fields)

    def _ask(self, method: str, path: str, fields: Mapping[str, Field] | None = None) -> Answer:
        import urllib3

        try:
            answer = urllib3.request(
                method, self.url + path, fields=dict(fields) if fields else None,
                headers={"X-API-Key": self.key} if self.key else None,
                retries=False, timeout=urllib3.Timeout(connect=5.0, read=PATIENCE_SECONDS),
            )  # fmt: skip
        except urllib3.exceptions.NewConnectionError:
            raise Problem(f"nothing listens at {self.url}: is `make run` running?") from None
        except urllib3.exceptions.HTTPError as error:
            raise Problem(f"{self.url} does not answer as it should: {error}") from None
        return Answer(status=answer.status, text=answer.data.decode(errors="replace"))


def system_options(command: Asking) -> Asking:
    """Options of a command that talks to a system: its function gets `url` and `key`."""
    for option in (
        click.option("--key", envvar="FACES_KEY", help="API key, where one is asked for."),
        click.option("--url", envvar="FACES_URL", help="Another system than this machine's."),
    ):
        command = option(command)
    return command


def system_at(url: str | None, key: str | None) -> System:
    """The system at an address, or else the one that runs on this machine."""
    return System(url=url_of(url, os.environ), key=key)


def picture(path: Path) -> tuple[str, bytes]:
    """A picture as a field of a form. Raises OSError."""
    return path.name, path.read_bytes()
