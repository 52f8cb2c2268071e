"""Signs webhooks by standardwebhooks.com, so that its libraries can check them."""

import base64
import hashlib
import hmac
import secrets

from faceweb.access.secret_key import read_or_make
from foundation.config import Settings

MARK = "whsec_"
SECRET_BYTES = 32


def webhook_secret(settings: Settings) -> str:
    """WEBHOOK_SECRET, or the content of VAR_DIR/webhook_secret, which is made when it is not
    there."""
    if settings.webhook_secret is not None:
        return settings.webhook_secret.get_secret_value()
    return read_or_make(settings.var_dir / "webhook_secret", new_secret)


def new_secret() -> str:
    """A random secret, as standardwebhooks.com writes it."""
    return MARK + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a signed message. `timestamp` is in seconds since the epoch."""
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    """Base64, with the mark or without it, as the libraries read it; else the letters."""
    try:
        return base64.b64decode(secret.removeprefix(MARK), validate=True)
    except ValueError:  # binascii.Error is one; so are letters beyond ASCII
        return secret.encode()
