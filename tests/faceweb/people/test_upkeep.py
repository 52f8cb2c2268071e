"""What is done in the background goes on, whatever else fails for long."""

from __future__ import annotations

from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from faceweb.people import upkeep
from faceweb.replies.leases import LeaseTaken
from recognition.errors import GalleryCorrupt
from tests.support.factories import make_settings

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_damaged_gallery_keeps_nothing_from_being_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = list[str]()

    def damaged(*_: object) -> NoReturn:
        raise GalleryCorrupt("the manifest is damaged")

    monkeypatch.setattr(upkeep, "refresh_people", damaged)
    for work in ("go_on_with_due", "go_on_deleting", "apply_retention_daily"):
        monkeypatch.setattr(upkeep, work, lambda *_, work=work: done.append(work))

    upkeep.Upkeep(make_settings()).once()

    assert done == ["go_on_with_due", "go_on_deleting", "apply_retention_daily"]


def test_work_that_another_process_is_at_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object) -> NoReturn:
        raise LeaseTaken("gallery is being changed by somebody else")

    for work in ("refresh_people", "go_on_with_due", "go_on_deleting", "apply_retention_daily"):
        monkeypatch.setattr(upkeep, work, taken)

    with capture_logs() as logs:
        upkeep.Upkeep(make_settings()).once()

    assert not logs
