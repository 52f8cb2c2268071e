"""What AWS tells late is asked for again without a pause."""

from __future__ import annotations

import pytest

from deploy.stack import late


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "PAUSE_SECONDS", 0)
