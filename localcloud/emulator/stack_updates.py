"""Makes an update of a stack reach resources that use a changed parameter within `Fn::Sub`.

moto looks for parameters in `Ref` alone, and leaves such resources as they were.
Upstream: docs/upstream/moto-stack-updates-ignore-fn-sub.md.
"""

from __future__ import annotations

import re
from typing import Any

from moto.cloudformation import parsing

SUB = "Fn::Sub"
NAME = re.compile(r"\$\{(\w+)\}")

_by_ref = parsing.get_references_from_template


def references(template: Any) -> list[str]:
    """Names of parameters and resources that a part of a template refers to."""
    return [*_by_ref(template), *_in_texts(template)]


def _in_texts(part: object) -> list[str]:
    if isinstance(part, list):
        return [name for one in part for name in _in_texts(one)]
    if not isinstance(part, dict):
        return []
    found = [name for value in part.values() for name in _in_texts(value)]
    if SUB in part:
        text = part[SUB] if isinstance(part[SUB], str) else part[SUB][0]
        found += NAME.findall(text)
    return found


def look_into_texts() -> None:
    """From now on, in this process."""
    parsing.get_references_from_template = references
