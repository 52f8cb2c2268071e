"""What a function says on the response queue about its run: that it began, and that it ended.

Nothing else tells: Lambda has no list of what runs.
"""

import json
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter

from foundation.messages import VERSION, Number, Whole, checked, cut, json_object

START = f'{{"v": {VERSION}, "function": '
"""How a report begins, and no reply does."""

MOST_ANSWERED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReport:
    """One run, by the name that the scaler gave it. `ended_at` is None while it works.

    Moments are seconds since the epoch, by the function's clock.
    """

    function: Annotated[str, cut(64), Field(min_length=1)]
    began_at: Annotated[Number, Field(alias="began")]
    ended_at: Annotated[Number | None, Field(alias="ended")] = None
    answered: Annotated[Whole, Field(lt=MOST_ANSWERED)] = 0


_REPORT = TypeAdapter(FunctionReport)


def encode_report(report: FunctionReport) -> str:
    """The report as the text of one message."""
    return json.dumps({"v": VERSION, **_REPORT.dump_python(report, by_alias=True)})


def is_report(text: str) -> bool:
    """True for a message that means to be a report."""
    return text.startswith(START)


def decode_report(text: str) -> FunctionReport:
    """Read a report. Raises MalformedMessage."""
    return checked(_REPORT, json_object(text))
