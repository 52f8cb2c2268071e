"""Which collection an object in S3 belongs to: its key says so. Pure.

The default collection's keys are as they always were. Each other one has its own folder. So a
message names its collection by the keys that it has anyway, and can name no other.
"""

import re

DEFAULT = "default"
FOLDER = "collections/"
_IN_FOLDER = re.compile(r"collections/([0-9a-f]{12})/")


def folder_of(collection: str) -> str:
    """Where all objects of a collection are, in every bucket; nothing for the default one."""
    return "" if collection == DEFAULT else f"{FOLDER}{collection}/"


def collection_of_key(key: str) -> str:
    """The id of the collection that an object belongs to."""
    found = _IN_FOLDER.match(key)
    return found[1] if found else DEFAULT
