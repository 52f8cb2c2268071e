"""One thing that was looked at."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is. A warning is something to know; a problem must be mended."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, how it is, and what to do."""

    what: str
    state: State
    text: str
    advice: str = ""

    def line(self) -> str:
        """The finding as a line of text, with its advice."""
        advice = f": {self.advice}" if self.advice else ""
        return f"{self.state:<8} {self.what:<18} {self.text}{advice}"

    def value(self) -> dict[str, str]:
        """The finding as JSON has it."""
        return asdict(self)


def fine(what: str, text: str) -> Finding:
    """A finding that asks for nothing."""
    return Finding(what=what, state=State.OK, text=text)


def warning(what: str, text: str, advice: str) -> Finding:
    """A finding that is something to know."""
    return Finding(what=what, state=State.WARNING, text=text, advice=advice)


def problem(what: str, text: str, advice: str) -> Finding:
    """A finding that must be mended."""
    return Finding(what=what, state=State.PROBLEM, text=text, advice=advice)
