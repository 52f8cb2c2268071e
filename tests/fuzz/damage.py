"""Well-formed bytes and values, and what somebody might do to them."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
MODES = ("RGB", "L", "P", "RGBA", "CMYK", "1", "I;16")


@cache
def pictures() -> tuple[bytes, ...]:
    """A small picture in every format and mode that goes together."""
    noise = np.random.default_rng(1).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    found = []
    for format_name in FORMATS:
        for mode in MODES:
            buffer = io.BytesIO()
            try:
                Image.fromarray(noise).convert("RGB").convert(mode).save(buffer, format_name)
            except (OSError, ValueError, KeyError):
                continue
            found.append(buffer.getvalue())
    return tuple(found)


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes with some of them changed, cut away, repeated or put in."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 4))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(("flip", "cut", "drop", "put", "repeat", "large"))):
            case "flip":
                data[at] ^= draw(st.integers(1, 255))
            case "cut":
                del data[at:]
            case "drop":
                del data[at : at + draw(st.integers(1, 64))]
            case "put":
                data[at:at] = draw(st.binary(max_size=32))
            case "repeat":
                data[at:at] = data[: draw(st.integers(1, 64))]
            case _:
                data[at : at + 4] = b"\xff\xff\xff\x7f"  # sizes and offsets live in such places
    return bytes(data)


texts = st.text(max_size=40) | st.sampled_from(
    ["", "\x00", "../../etc/passwd", "a" * 300, "\ud800", "é\u202e", "<script>", "'; --", "NaN"]
)
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 2**31, 2**63, 2**70, 10**400, float("nan"), float("inf")])
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def altered(draw: st.DrawFn, whole: dict[str, Any]) -> Any:
    """A JSON object with some of its values, at any depth, replaced or taken away."""
    return _altered(draw, whole)


def _altered(draw: st.DrawFn, value: Any) -> Any:
    if draw(st.integers(0, 11)) == 0:
        return draw(values)
    if isinstance(value, dict):
        kept = {key: _altered(draw, inner) for key, inner in value.items()}
        if kept and draw(st.integers(0, 7)) == 0:
            del kept[draw(st.sampled_from(sorted(kept)))]
        return kept
    if isinstance(value, list):
        return [_altered(draw, inner) for inner in value]
    return value
