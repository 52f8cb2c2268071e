"""Which name a video's results get: `a.mp4` and `a.mov` must not write over each other.

The first video of a name gets the contract's names. Another one gets a suffix, and keeps it. A name
is claimed by an object that is only written where none is, so of two at once one wins. The claims
are beside the gallery, because outsiders count the objects of the video buckets.
"""

import hashlib
import posixpath
from collections.abc import Iterator

from foundation.errors import NameTaken, ObjectMissing
from workers.videos.layout import TEXT, ObjectRef, is_sent, name_of
from workers.videos.objects import S3Objects

PREFIX = "video-names/"


def candidates(key: str) -> Iterator[str]:
    """Names to try in turn until one is free; the same key always tries the same."""
    name, extension = posixpath.splitext(key)
    yield name
    if extension:
        yield f"{name}-{extension[1:]}"
    digest = _digest(key)
    for digits in (8, 64):
        yield f"{name}-{digest[:digits]}"


def claim_key(name: str) -> str:
    """Where the claim on a name is. Hashed, because a key may be as long as S3 allows."""
    return f"{PREFIX}{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def claimed_name(key: str, objects: S3Objects, bucket: str) -> str:
    """The name of the results of the video with this key; claims it if need be."""
    if is_sent(key):
        return name_of(key)  # its folder has an id that nobody else has
    mine = key.encode()
    for name in candidates(key):
        ref = ObjectRef(bucket=bucket, key=claim_key(name))
        if objects.put_new(ref, mine, TEXT) or _holder(ref, objects) == mine:
            return name
    raise NameTaken(f"all names for the results of {key} are taken")


def _holder(ref: ObjectRef, objects: S3Objects) -> bytes | None:
    try:
        return objects.get(ref).body
    except ObjectMissing:
        return None


def known_name(key: str, objects: S3Objects, bucket: str) -> str:
    """The name that a video's results have, without claiming one; the contract's if it has none."""
    if is_sent(key):
        return name_of(key)
    mine = key.encode()
    for name in candidates(key):
        if _holder(ObjectRef(bucket=bucket, key=claim_key(name)), objects) == mine:
            return name
    return name_of(key)
