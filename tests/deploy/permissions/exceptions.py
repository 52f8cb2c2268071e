"""What the policies allow and no system test makes anybody call, each with its reason."""

from __future__ import annotations

UNRECORDED: dict[tuple[str, str, str], str] = {}
"""(role, statement, action) -> why it is needed all the same."""
