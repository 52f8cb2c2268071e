"""When a client is too slow with its request, or with reading its answer."""

from dataclasses import dataclass, field
from enum import Enum, auto

from foundation.config import Settings

WINDOW_SECONDS = 10.0
"""A body's rate is judged over windows: bytes sent early are no credit for a stall later."""
MIN_FRAMING_BYTES = 16 * 1024
UNREAD_ANSWER_SECONDS = 30.0
"""A client that takes nothing of its answer for so long is gone. A slow one takes a little."""
LINGER_SECONDS = 5.0
LINGER_BYTES = 64 * 2**20


class RequestPhase(Enum):
    """What the server waits for."""

    HEADERS = auto()
    BODY = auto()
    NOTHING = auto()
    """The answer is being made, or uvicorn's own keep-alive timer runs."""
    END = auto()
    """The answer is sent before the request was whole: the rest is discarded for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long each phase may take."""

    header_seconds: float
    body_seconds: float
    bytes_per_second: float

    @property
    def sweep_seconds(self) -> float:
        """How often connections are looked at."""
        return min(1.0, self.header_seconds / 4)

    @property
    def window_seconds(self) -> float:
        """Over how many seconds the speed of a body is measured."""
        return min(WINDOW_SECONDS, self.body_seconds)


def deadlines_of(settings: Settings) -> Deadlines:
    """The deadlines that the settings ask for."""
    return Deadlines(
        header_seconds=settings.header_timeout_seconds,
        body_seconds=settings.upload_timeout_seconds,
        bytes_per_second=settings.upload_min_kb_per_second * 1024,
    )


@dataclass(slots=True)
class TransferProgress:
    """How one connection's current request comes in. Times are the event loop's."""

    since: float
    phase: RequestPhase = RequestPhase.HEADERS
    received: int = 0
    payload: int = 0
    unread_since: float | None = None
    unread_bytes: int = 0
    _window_since: float = field(default=0.0)
    _window_bytes: int = field(default=0)

    def enter(self, phase: RequestPhase, now: float) -> None:
        """Begin a phase; entering the current one again changes nothing."""
        if phase is self.phase:
            return
        self.phase, self.since = phase, now
        self.received = self.payload = 0
        self.begin_window(now)

    def add(self, received: int, payload: int) -> None:
        """Count bytes of a body: as they came, and without the framing of chunks."""
        self.received += received
        self.payload += payload
        self._window_bytes += received

    def begin_window(self, now: float) -> None:
        """Begin to measure the speed at this moment."""
        self._window_since, self._window_bytes = now, 0

    def leave_unread(self, size: int, now: float) -> None:
        """Note how much of the answer the client has not taken; its time runs while that is the
        same. 0 is an answer that was taken."""
        if size != self.unread_bytes:
            self.unread_bytes = size
            self.unread_since = now if size else None

    def is_mostly_framing(self) -> bool:
        """True for chunks of a few bytes: parsing them costs far more than they carry."""
        return self.received - self.payload > self.payload + MIN_FRAMING_BYTES

    def is_late(self, deadlines: Deadlines, now: float) -> bool:
        """Whether the client's time is up. Begins the next window of a body that is in time."""
        if self.unread_since is not None and now - self.unread_since > UNREAD_ANSWER_SECONDS:
            return True
        waited = now - self.since
        match self.phase:
            case RequestPhase.HEADERS:
                return waited > deadlines.header_seconds
            case RequestPhase.BODY:
                return waited > deadlines.body_seconds or self._is_slow(deadlines, now)
            case RequestPhase.END:
                return waited > LINGER_SECONDS or self.received > LINGER_BYTES
            case RequestPhase.NOTHING:
                return False

    def _is_slow(self, deadlines: Deadlines, now: float) -> bool:
        waited = now - self._window_since
        if waited < deadlines.window_seconds:
            return False
        slow = self._window_bytes < deadlines.bytes_per_second * waited
        self.begin_window(now)
        return slow
