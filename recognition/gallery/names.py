"""What a person may be called, and when two names mean one person. Pure.

Every door uses it: enrolment, API, pages, renaming, imports and the gallery itself.
"""

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
    name = unicodedata.normalize("NFC", text).strip()
    if name.isascii() and name.isprintable() and "  " not in name:
        return _checked(name, text)
    # A control character is no space between words, though `split` takes some for one.
    if not any(unicodedata.category(sign) == "Cc" for sign in name):
        name = " ".join(name.split())
    return _checked(name, text)


def _checked(name: str, text: str) -> str:
    """The name, if a person may have it. Raises NameRefused, which quotes the text."""
    if not is_readable(name):
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
    if name.isascii():
        return " ".join(name.casefold().split())
    without_joiners = name.translate(dict.fromkeys(map(ord, JOINERS)))
    folded = unicodedata.normalize("NFKC", without_joiners).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def is_readable(name: str) -> bool:
    """True for 1 to 200 letters, nothing invisible but joiners: no control, no new direction.

    Older galleries hold names that `clean_name` would write differently; this holds for them, too.
    """
    if not 0 < len(name) <= MAX_NAME:
        return False
    if name.isascii():
        return name.isprintable()
    letters = name.translate(dict.fromkeys(map(ord, JOINERS)))
    return bool(letters) and letters.isprintable()


def _shortened(text: str) -> str:
    return repr(text if len(text) <= MAX_NAME else f"{text[:40]}...")
