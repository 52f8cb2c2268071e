"""A key says which collection its object belongs to."""

from __future__ import annotations

import pytest

from foundation.collections import collection_of_key, folder_of

TEAM = "0123456789ab"


@pytest.mark.parametrize("collection", ["default", TEAM])
def test_what_lies_in_a_collections_folder_belongs_to_it(collection: str) -> None:
    assert collection_of_key(f"{folder_of(collection)}in/a.jpg") == collection


@pytest.mark.parametrize(
    "key",
    [
        f"in/collections/{TEAM}/a.jpg",
        f"collections/{TEAM}",
        f"collections/{TEAM}c/a.jpg",
        f"collections/{TEAM.upper()}/a.jpg",
        "collections/../a.jpg",
        "",
    ],
)
def test_no_other_key_names_a_collection(key: str) -> None:
    assert collection_of_key(key) == "default"
