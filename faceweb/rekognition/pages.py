"""Pages of lists: a token is the last name of the page before. Pure but for the query."""

import base64
from typing import TypeVar

from django.db.models import Model, QuerySet

from faceweb.rekognition.errors import Refusal
from faceweb.rekognition.members import Members

Row = TypeVar("Row", bound=Model)


def page_of(
    rows: QuerySet[Row], by: str, request: Members, most: int
) -> tuple[list[Row], str | None]:
    """The next rows in the order of a unique column, and the token of those after them. Raises
    Refusal."""
    count = min(request.get("MaxResults") or most, most)
    if token := request.get("NextToken"):
        rows = rows.filter(**{f"{by}__gt": read_token(token)})
    found = list(rows.order_by(by)[: count + 1])
    if len(found) <= count:
        return found, None
    return found[:count], token_of(str(getattr(found[count - 1], by)))


def token_of(last: str) -> str:
    """The token that continues a list after its last entry."""
    return base64.urlsafe_b64encode(last.encode()).decode()


def read_token(token: str) -> str:
    """Raises Refusal."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise Refusal(
            "InvalidPaginationTokenException", "The token is none of this system's."
        ) from None
