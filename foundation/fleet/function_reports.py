"""What a run of a function of ours says on the response queue: that it began, and that it ended.

Nothing else tells: Lambda has no list of what runs. Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from foundation.errors import MalformedMessage
from foundation.messages import VERSION, json_object, number_of, text_of

START = f'{{"v": {VERSION}, "function": '
"""How a report begins, and no reply does."""

MOST_ANSWERED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReport:
    """One run, by the name that the scaler gave it. `ended_at` is None while it works.

    Moments are seconds since the epoch, by the function's clock.
    """

    function: str
    began_at: float
    ended_at: float | None = None
    answered: int = 0


def encode_report(report: FunctionReport) -> str:
    """The report as the text of one message."""
    return json.dumps(
        {
            "v": VERSION,
            "function": report.function,
            "began": report.began_at,
            "ended": report.ended_at,
            "answered": report.answered,
        }
    )


def is_report(text: str) -> bool:
    """True for a message that means to be a report."""
    return text.startswith(START)


def decode_report(text: str) -> FunctionReport:
    """Read a report. Raises MalformedMessage."""
    message = json_object(text)
    name, began = text_of(message, "function", 64), number_of(message.get("began"), "began")
    if not name or began is None:
        raise MalformedMessage("the report names no function or not when it began")
    answered = number_of(message.get("answered"), "answered") or 0
    if not 0 <= answered < MOST_ANSWERED:
        raise MalformedMessage("answered is out of range")
    return FunctionReport(
        function=name,
        began_at=began,
        ended_at=number_of(message.get("ended"), "ended"),
        answered=int(answered),
    )
