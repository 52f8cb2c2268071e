"""What may go wrong: ApiError, NotAnswered and Unreachable."""

from collections.abc import Mapping


class ApiError(Exception):
    """The system refused a request. The text says why.

    Parameters:
        status: the HTTP status.
        detail: one sentence for people.
        more: the other fields of the problem (RFC 9457), such as `errors` and `job`.
    """

    def __init__(self, status: int, detail: str, more: Mapping[str, object]) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more


class NotFound(ApiError):
    """There is no such job, person or example."""


class NotAnswered(Exception):
    """No answer came within the time that `wait` was given."""


class Unreachable(Exception):
    """The system could not be reached, however often it was tried."""


def error_of(status: int, body: object) -> ApiError:
    """The error that an answer tells."""
    problem = body if isinstance(body, dict) else {}
    detail = str(problem.get("detail") or f"The system answered {status}.")
    for wrong in problem.get("errors", ()):
        detail += f" {wrong.get('where')}: {wrong.get('message')}."
    kind = NotFound if status == 404 else ApiError
    return kind(status, detail, problem)
