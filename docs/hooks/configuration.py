"""The page of all settings, from the classes that read them."""

from __future__ import annotations

import inspect
import re
from itertools import chain
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.hooks.tables import table
from foundation.config import PROJECT_DIRECTORY, Settings

HEAD = """# Settings

Every setting is an environment variable. `manage.py showconfig` prints the values in force, and
`manage.py check` names the wrong ones. A variable that is empty counts as not set.
"""
HEADING = re.compile(r"    # ([A-Z].*)")
FIELD = re.compile(r"    (\w+): ")
PER_MACHINE = {"worker_processes": "one for each core"}


def page() -> str:
    """Return the page: a table for each group of the class."""
    parts = [HEAD]
    for heading, names in grouped().items():
        fields = ((name, Settings.model_fields[name]) for name in names)
        rows = [
            (f"`{name.upper()}`", _default(name, field), _meaning(field)) for name, field in fields
        ]
        parts.append(f"## {heading}\n\n" + table(("variable", "default", "meaning"), rows))
    return "\n".join(parts)


def grouped() -> dict[str, list[str]]:
    """Return the names of settings under the headings that their classes have as comments."""
    groups: dict[str, list[str]] = {}
    heading = "General"
    classes = [
        one for one in reversed(Settings.__mro__) if one.__module__.startswith("foundation.")
    ]
    for line in chain(*(inspect.getsource(one).splitlines() for one in classes)):
        if found := HEADING.fullmatch(line):
            heading = found[1]
        elif (found := FIELD.match(line)) and found[1] in Settings.model_fields:
            groups.setdefault(heading, []).append(found[1])
    return groups


def _default(name: str, field: FieldInfo) -> str:
    value = field.default
    if name in PER_MACHINE:
        return PER_MACHINE[name]
    if value is None or value == "" or value is PydanticUndefined:
        return "empty"
    if isinstance(value, Path) and value.is_relative_to(PROJECT_DIRECTORY):
        value = value.relative_to(PROJECT_DIRECTORY)
    if isinstance(value, bool):
        return "on (`1`)" if value else "off (`0`)"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _meaning(field: FieldInfo) -> str:
    choices = getattr(field.annotation, "__args__", ()) if _is_choice(field) else ()
    values = ", ".join(f"`{choice}`" for choice in choices)
    return ". ".join(filter(None, (field.description, f"One of {values}" if values else "")))


def _is_choice(field: FieldInfo) -> bool:
    return "Literal" in str(field.annotation)
