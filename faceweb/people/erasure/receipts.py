"""The receipt of an erasing: what was erased, and how much of it."""

from collections.abc import Mapping

from faceweb.models import Erasure
from faceweb.people.erasure.running import ERASING_GOES_ON

Receipt = Mapping[str, object]


def receipt_of(erasure: Erasure, name: str) -> Receipt:
    """The receipt of an erasing whose first pass is over. `name` is what they were called."""
    entry = erasure.receipt
    assert entry is not None  # noqa: S101 - the caller has looked
    return {
        "receipt": entry.pk,
        "subject": erasure.person_id,
        "name": name,
        "erased_at": entry.at.isoformat(),
        **entry.detail,
    }


def receipt_in_words(receipt: Receipt | None) -> str:
    """What erasing returned, as a sentence for people."""
    if receipt is None:
        return ERASING_GOES_ON
    return (
        f"{receipt['name']} was erased: {receipt['examples']} examples, "
        f"{receipt['pictures']} pictures, named in {receipt['jobs']} jobs "
        f"and {receipt['videos']} videos. "
        f"Receipt {receipt['receipt']}, {receipt['erased_at']}."
    )
