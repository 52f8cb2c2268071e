"""What commands print beside their results, and how they end."""

import sys
from collections.abc import Callable

from recognition.errors import RecognitionError, in_words


def announce(line: str) -> None:
    """Print progress to standard error; results alone go to standard output."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def exit_status(program: str, work: Callable[[], bool | None], if_stopped: str = "stopped") -> int:
    """Do the work of a command; errors are one line and exit status 1, as is False."""
    try:
        return 1 if work() is False else 0
    except (RecognitionError, OSError) as error:
        announce(f"{program}: {in_words(error)}")
        return 1
    except KeyboardInterrupt:
        announce(f"\n{program}: {if_stopped}")
        return 130
