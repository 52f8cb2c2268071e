"""What operators order, from wherever, and that it is written to the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from faceweb.intake import pause
from faceweb.intake.uploads import UploadRefused, refuse_while_paused
from faceweb.models import AuditEntry
from scaler.models import Lifeline, Order
from scaler.record import fleet_table, orders

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def no_memory_of_the_intake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pause, "LOOK_SECONDS", 0.0)


def test_a_hold_stands_until_its_time_is_over_and_replaces_the_one_before() -> None:
    orders.hold(3, 60, "ann")
    orders.hold(2, 60, "ann")
    assert orders.standing().hold == 2

    Order.objects.update(until=timezone.now() - timedelta(seconds=1))

    assert orders.standing().hold == 0
    audited = AuditEntry.objects.values_list("actor", "action", "subject")
    assert set(audited) == {("ann", "fleet hold", "hold 3"), ("ann", "fleet hold", "hold 2")}


@pytest.mark.parametrize(("count", "minutes"), [(1001, 60), (-1, 60), (1, 0), (1, 60 * 24 * 8)])
def test_a_hold_without_sense_is_refused(count: int, minutes: float) -> None:
    with pytest.raises(orders.OrderRefused):
        orders.hold(count, minutes, "ann")

    assert not Order.objects.exists()


def test_a_paused_intake_refuses_pictures_until_it_is_resumed() -> None:
    refuse_while_paused()
    orders.pause("ann")
    orders.pause("bob")

    with pytest.raises(UploadRefused) as refused:
        refuse_while_paused()
    assert refused.value.status == 503
    orders.resume("ann")
    refuse_while_paused()
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["fleet pause", "fleet pause ended"]


def test_only_an_instance_that_runs_is_drained() -> None:
    Lifeline.objects.create(pk="i-1", launched_at=timezone.now())
    Lifeline.objects.create(pk="burst-1", kind="function", launched_at=timezone.now())

    orders.drain("i-1", "ann")

    assert orders.standing().drain == {"i-1"}
    for name in ("burst-1", "i-2", ""):
        with pytest.raises(orders.OrderRefused):
            orders.drain(name, "ann")


def test_the_command_gives_orders(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("fleet", "--hold", "2", "--minutes", "30", "--pause")

    stands = orders.standing()
    assert (stands.hold, stands.is_paused) == (2, True)
    assert "Done" in capsys.readouterr().out
    call_command("fleet", "--hold", "0", "--resume")
    assert orders.standing() == orders.Standing()
    with pytest.raises(CommandError, match="no instance 'i-9'"):
        call_command("fleet", "--drain", "i-9")


def test_the_command_says_that_no_order_goes_over_the_maximum(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("fleet", "--hold", "20")
    assert "SCALER_MAX" not in capsys.readouterr().out

    call_command("fleet", "--hold", "99")

    assert "at most 20 are kept" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)  # a page runs in a separate thread
@pytest.mark.parametrize(
    ("form", "holds", "paused"),
    [
        ({"do": "hold", "count": "2", "minutes": "60"}, 2, False),
        ({"do": "pause"}, 0, True),
        ({"do": "hold", "count": "two", "minutes": "60"}, 0, False),
        ({"do": "drain", "instance": "i-9"}, 0, False),
        ({"do": "purge"}, 0, False),
    ],
)
def test_the_page_gives_orders(form: dict[str, str], holds: int, paused: bool) -> None:
    answer = Client().post("/fleet/orders", form)

    assert answer.status_code == 302
    stands = orders.standing()
    assert (stands.hold, stands.is_paused) == (holds, paused)


def test_the_admin_gives_and_ends_orders(admin_client: Client) -> None:
    until = timezone.now() + timedelta(hours=1)
    admin_client.post(
        "/admin/scaler/order/add/",
        {"kind": "hold", "count": "2", "until_0": f"{until:%Y-%m-%d}", "until_1": f"{until:%H:%M}"},
    )
    assert orders.standing().hold == 2

    chosen = {"action": "end_orders", "_selected_action": [Order.objects.get().pk]}
    admin_client.post("/admin/scaler/order/", chosen)

    assert orders.standing().hold == 0
    assert AuditEntry.objects.filter(action="fleet hold ended", actor="admin").exists()


def test_a_database_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("no such table: scaler_lifeline")

    monkeypatch.setattr(fleet_table, "look", away)

    with pytest.raises(CommandError, match="The database does not answer: no such table"):
        call_command("fleet", "--once")
