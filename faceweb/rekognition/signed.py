"""Who signed a request: a program with an access key of this system, or anybody on this machine."""

from django.http import HttpRequest
from django.utils import timezone

from faceweb.access import signatures
from faceweb.access.callers import LOCAL, Caller, KeyRefused, TooManyRequests, caller_with
from faceweb.access.sealing import opened
from faceweb.models import ApiKey
from faceweb.rekognition.errors import Refusal
from foundation.config import get_settings

SERVICE = "rekognition"
UNKNOWN_KEY = "UnrecognizedClientException"


def announced(request: HttpRequest) -> bool:
    """Whether the headers name an access key that is valid now: then the body is read. Nothing is
    done for it before the signature was checked."""
    if not request.META.get("HTTP_AUTHORIZATION"):
        return not get_settings().api_key_required
    try:
        signature = _read(request)
    except signatures.SignatureRefused:
        return False
    return _key_of(signature) is not None


def caller_of_signature(request: HttpRequest, body: bytes) -> Caller:
    """Raises Refusal."""
    if not request.META.get("HTTP_AUTHORIZATION"):
        if get_settings().api_key_required:
            raise Refusal("MissingAuthenticationTokenException", "Sign the request.")
        return LOCAL
    try:
        signature = _read(request)
        key = _key_of(signature)
        secret = opened(key.sealed_secret) if key else None
        if key is None or secret is None:
            raise Refusal(UNKNOWN_KEY, "The access key is not known here: make one for AWS's SDKs.")
        signatures.check_signature(
            signature, request.get_full_path(), request.headers, body, secret
        )
        return caller_with(key, str(request.META.get("REMOTE_ADDR", "")), timezone.now())
    except signatures.SignatureRefused as refusal:
        raise Refusal(refusal.name, str(refusal)) from None
    except KeyRefused as refusal:
        raise Refusal(UNKNOWN_KEY, str(refusal)) from None
    except TooManyRequests as refusal:
        raise Refusal("ThrottlingException", str(refusal)) from None


def _read(request: HttpRequest) -> signatures.Signature:
    signature = signatures.read_signature(request.META.get("HTTP_AUTHORIZATION", ""), SERVICE)
    signatures.check_time(signature, request.META.get("HTTP_X_AMZ_DATE", ""), timezone.now())
    return signature


def _key_of(signature: signatures.Signature) -> ApiKey | None:
    found = ApiKey.objects.filter(access_key=signature.access_key, may_sign=True, revoked_at=None)
    return found.first()
