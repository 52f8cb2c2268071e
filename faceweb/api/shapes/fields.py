"""Fields that several requests take: moments and names of people."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from recognition.errors import NameRefused
from recognition.gallery.names import MAX_NAME, clean_name


def _person_name(written: str) -> str:
    try:
        return clean_name(written)
    except NameRefused as refusal:
        raise PydanticCustomError("name_refused", "{why}", {"why": str(refusal)}) from None


def _in_utc(moment: datetime) -> datetime:
    """The database compares moments in UTC, where the first and the last day of all may not be."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        why = "use a year from 2 to 9998"
        raise PydanticCustomError("moment_refused", "{why}", {"why": why}) from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]

PersonName = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_person_name)]
