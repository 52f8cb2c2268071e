"""Secrets that the server must read again: encrypted by a key that follows from SECRET_KEY.

Fernet is AES with an HMAC. The database alone reveals none of them. With another
SECRET_KEY they are lost, and new keys must be made.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

INFO = b"faceweb: secrets of access keys, 1"


def sealed(secret: str) -> str:
    """The secret as it may be kept."""
    return _fernet().encrypt(secret.encode()).decode()


def opened(text: str) -> str | None:
    """What was sealed; None where it was by another SECRET_KEY, or is damaged."""
    try:
        return _fernet().decrypt(text.encode()).decode()
    except InvalidToken:
        return None


def _fernet() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO)
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
