"""The page of errors, from the classes that are raised and the statuses that answer them."""

from __future__ import annotations

import inspect
from types import ModuleType

from docs.hooks.tables import table
from faceweb.api import problems
from foundation import messages
from recognition import errors as of_pictures
from recognition.video import errors as of_videos

HEAD = """# Errors

Every error is a sentence that says what was wrong and what to do. The REST API wraps it in problem
details (RFC 9457): `type`, `title`, `status`, `detail`. `POST /` answers with the sentence alone.
"""
OURS = ("faceweb.", "foundation.", "recognition.")
"""Errors of libraries are described by their status."""
KINDS = {
    messages.BAD_PICTURE: "The picture can't be used. Its sentence says why.",
    messages.TOO_SLOW: "The picture took longer than `TASK_TIME_LIMIT_SECONDS`.",
    messages.INTERNAL_ERROR: "The recogniser failed. The worker's log says more.",
    messages.DEAD_LETTER: "Workers got it `MAX_RECEIVE_COUNT` times, and none finished it.",
    messages.NO_SUCH_FACE: "A comparison has no face to compare.",
}


def page() -> str:
    """Return the page: statuses, kinds of failed jobs, and the recogniser's errors."""
    statuses = [(f"`{status}`", title) for status, title in sorted(problems.TITLES.items())]
    raised = sorted(
        (f"`{status}`", f"`{error.__name__}`", _meaning(error))
        for error, (status, _) in problems.SENTENCES.items()
        if error.__module__.startswith(OURS)
    )
    return "\n".join(
        (
            HEAD,
            "## Statuses\n",
            table(("status", "title"), statuses),
            "## Raised by the API\n",
            table(("status", "error", "meaning"), raised),
            "## Failed jobs\n",
            "A job that failed says its kind in `error_kind`.\n",
            table(("kind", "meaning"), [(f"`{kind}`", text) for kind, text in KINDS.items()]),
            "## Pictures, models and galleries\n",
            table(("error", "meaning"), _classes(of_pictures)),
            "## Videos\n",
            table(("error", "meaning"), _classes(of_videos)),
        )
    )


def _classes(module: ModuleType) -> list[tuple[str, str]]:
    return [
        (f"`{name}`", _meaning(error))
        for name, error in vars(module).items()
        if inspect.isclass(error)
        and issubclass(error, Exception)
        and error.__module__ == module.__name__
    ]


def _meaning(error: type[Exception]) -> str:
    text = inspect.getdoc(error) or ""
    return text.split("\n\n")[0]
