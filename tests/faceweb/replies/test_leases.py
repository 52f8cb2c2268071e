"""A lease: one holder at a time, for as long as it works."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from faceweb.models import Lease
from faceweb.replies import leases
from faceweb.replies.leases import LeaseTaken, lease

pytestmark = pytest.mark.database


@pytest.mark.django_db
def test_a_lease_that_is_held_is_not_given_twice() -> None:
    with lease("gallery"), pytest.raises(LeaseTaken), lease("gallery", patience_seconds=0):
        pass

    with lease("gallery", patience_seconds=0):
        assert Lease.objects.get().name == "gallery"
    assert not Lease.objects.exists()


@pytest.mark.django_db
def test_the_lease_of_a_holder_that_died_can_be_taken() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Lease.objects.create(name="gallery", holder="dead", until=past)

    with lease("gallery", patience_seconds=0):
        assert Lease.objects.get().holder != "dead"


@pytest.mark.django_db(transaction=True)
def test_long_work_keeps_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    with lease("gallery"):
        first = Lease.objects.get().until
        renewed = threading.Event()

        def look() -> None:
            while not renewed.is_set():
                if Lease.objects.get().until > first:
                    renewed.set()
            connections.close_all()

        watching = threading.Thread(target=look, daemon=True)
        watching.start()
        assert renewed.wait(10)
        watching.join()
