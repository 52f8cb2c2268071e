"""What a person may be called, and when two names mean one person. Pure.

Every door uses it: enrolment, API, pages, renaming, imports and the gallery itself.
"""

from __future__ import annotations

import re
import unicodedata

from recognition.errors import NameRefused
from recognition.types import NO_FACE, UNKNOWN

MAX_NAME = 200

ANSWERS = re.compile(rf"{UNKNOWN}|{NO_FACE}|erased|same person|different people|\d+ faces?")
"""What the system itself answers: a person of such a name could not be told from that."""

JOINERS = "\u200c\u200d"
"""Two signs without a width that Persian and Indic names are written with."""


def clean_name(text: str) -> str:
    """A person's name as it is kept: composed (NFC), trimmed, one space between words.

    Raises NameRefused for what can't be a name.
    """
    # A control character is no space between words, though `split` takes some for one.
    name = unicodedata.normalize("NFC", text).strip()
    if not any(unicodedata.category(sign) == "Cc" for sign in name):
        name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME or not _is_readable(name):
        raise NameRefused(
            f"{_shortened(text)} can't be a person's name: use 1 to {MAX_NAME} printable letters, "
            "without control characters"
        )
    if ANSWERS.fullmatch(name_key(name)):
        raise NameRefused(
            f"{_shortened(text)} can't be a person's name: it is an answer of the system; "
            "choose another"
        )
    return name


def name_key(name: str) -> str:
    """What is equal for two names of one person: case, composition, spaces make no difference."""
    without_joiners = name.translate(dict.fromkeys(map(ord, JOINERS)))
    folded = unicodedata.normalize("NFKC", without_joiners).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _is_readable(name: str) -> bool:
    """Whether it has nothing invisible but joiners: no control, no change of direction."""
    letters = name.translate(dict.fromkeys(map(ord, JOINERS)))
    return bool(letters) and letters.isprintable()


def _shortened(text: str) -> str:
    return repr(text if len(text) <= MAX_NAME else f"{text[:40]}...")
