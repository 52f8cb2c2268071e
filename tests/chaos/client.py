"""One picture's client: it sends until somebody takes the picture, and asks until it is answered.

Half of them wait at `POST /`, half take a 202 of the API and ask later, with an Idempotency-Key.
A client that is cut off, or told to come back, sends the same picture again: what any sensible
client does, and all that the system asks of it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import httpx

from foundation import messages
from tests.chaos.values import REFUSED, Ending, Picture, Sent

PAUSE_SECONDS = 0.5
FINAL = (messages.SUCCEEDED, messages.FAILED)
NOT_TAKEN = (400, 413, 415)


class Client:
    """Sends one picture to the addresses in turn, until a moment of the run's clock."""

    def __init__(
        self,
        http: httpx.Client,
        addresses: Sequence[str],
        clock: Callable[[], float],
        deadline: Callable[[], float],
    ) -> None:
        self._http = http
        self._addresses = addresses
        self._clock = clock
        self._deadline = deadline
        self._asked_so_far = 0
        self._sends = 0
        self._trouble: list[str] = []

    def run(self, picture: Picture, *, waits: bool) -> Sent:
        began = self._clock()
        send = self._wait_for_answer if waits else self._take_ticket
        ending: Ending | None = None
        while ending is None and self._clock() < self._deadline():
            self._sends += 1
            try:
                ending = send(picture)
            except httpx.HTTPError as error:
                self._trouble.append(type(error).__name__)
            if ending is None:
                time.sleep(PAUSE_SECONDS)
        return Sent(
            name=picture.name, sha256=hashlib.sha256(picture.content).hexdigest(),
            right=picture.right, began=began, ended=self._clock(), ending=ending,
            sends=self._sends, trouble=tuple(self._trouble),
        )  # fmt: skip

    def _address(self) -> str:
        """The next web process; the first one differs from picture to picture."""
        self._asked_so_far += 1
        return self._addresses[self._asked_so_far % len(self._addresses)]

    def _wait_for_answer(self, picture: Picture) -> Ending | None:
        files = {"inputFile": (picture.name, picture.content)}
        answer = self._http.post(self._address(), files=files)
        if answer.status_code == httpx.codes.OK:
            return Ending(state=messages.SUCCEEDED, text=answer.text.strip().rpartition(":")[2])
        return self._ending_of(answer, answer.headers.get("Location"))

    def _take_ticket(self, picture: Picture) -> Ending | None:
        answer = self._http.post(
            f"{self._address()}api/v1/recognise", params={"wait": "false"},
            files={"picture": (picture.name, picture.content)},
            headers={"Idempotency-Key": picture.name},
        )  # fmt: skip
        where = answer.json()["url"] if answer.is_success else None
        return self._ending_of(answer, where)

    def _ending_of(self, answer: httpx.Response, where: str | None) -> Ending | None:
        """The ending, if the job's address is known; None when the picture is to be sent again."""
        if answer.status_code in NOT_TAKEN:
            return Ending(state=REFUSED)
        if not answer.is_success:
            self._trouble.append(str(answer.status_code))
        return self._asked(urlsplit(where).path.lstrip("/")) if where else None

    def _asked(self, path: str) -> Ending | None:
        """Ask for an accepted job until it has ended, whatever happens to the web processes."""
        while self._clock() < self._deadline():
            try:
                answer = self._http.get(self._address() + path)
                if answer.is_success and (job := answer.json())["state"] in FINAL:
                    return ending_of_job(job)
                if not answer.is_success:
                    self._trouble.append(f"{answer.status_code} for a job")
            except httpx.HTTPError as error:
                self._trouble.append(type(error).__name__)
            time.sleep(PAUSE_SECONDS)
        return None


def ending_of_job(job: dict[str, object]) -> Ending:
    """How a job ended, from its JSON."""
    error = job["error"]
    text = error["kind"] if isinstance(error, dict) else job["result"]
    return Ending(state=str(job["state"]), text=str(text or ""))
