"""What a chaos run plans, sends, sees and finds. Moments are seconds since the run's start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REFUSED = "refused"
"""The ending of a picture that the web tier did not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a picture ended: a job's final state with its answer or the kind of its failure."""

    state: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.state} ({self.text})" if self.text else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture whose right endings are known; most have one."""

    name: str
    content: bytes
    right: tuple[Ending, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A picture as its client saw it. `ending` is None when its client never heard of one."""

    name: str
    sha256: str
    right: tuple[Ending, ...]
    began: float
    ended: float
    ending: Ending | None
    sends: int
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A fault that is to be injected at a moment."""

    at: float
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A fault as it was injected and undone. `hits`: calls or processes that it struck."""

    fault: str
    began: float
    ended: float
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A job as the database has it at the end."""

    job_id: str
    filename: str
    is_final: bool
    ending: Ending
    sha256: str
    input_key: str
    output_key: str
    dead_letter_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionsSeen:
    """What became of the functions: runs that Lambda took, runs that never said how they ended, and
    jobs whose answer is a function's."""

    runs: int = 0
    lost: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is there at the end.

    `pictures`: in-bucket, key -> SHA-256; `answers`: out-bucket, key -> text; `left_processes`:
    what still runs after everything was stopped.
    """

    rows: tuple[Row, ...]
    pictures: Mapping[str, str]
    answers: Mapping[str, str]
    open_requests: int
    open_replies: int
    dead_letters: int
    noted_dead_letters: int
    left_processes: tuple[str, ...] = ()
    functions: FunctionsSeen = field(default_factory=FunctionsSeen)


LOST, WRONG, DISAGREES, LEFT_OVER = "lost", "wrong", "disagrees", "left over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that must not be."""

    kind: str
    subject: str
    sentence: str
