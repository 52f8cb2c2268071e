"""What the judge of a chaos run must see: it is no use if it says "nothing" to everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from foundation import messages
from tests.chaos.judgement import counts, judge
from tests.chaos.report import lines, never_struck, table
from tests.chaos.values import (
    DISAGREES,
    LEFT_OVER,
    LOST,
    WRONG,
    Ending,
    Evidence,
    Injection,
    Row,
    Sent,
)

ANN = Ending(state=messages.SUCCEEDED, text="Ann")
BO = Ending(state=messages.SUCCEEDED, text="Bo")
DEAD = Ending(state=messages.FAILED, text=messages.DEAD_LETTER)
SENT = Sent(name="a.jpg", sha256="hash", right=(ANN,), began=1.0, ended=2.0, ending=ANN, sends=1)
ROW = Row(
    job_id="1", filename="a.jpg", is_final=True, ending=ANN, sha256="hash", input_key="a.jpg",
    output_key="a",
)  # fmt: skip
SEEN = Evidence(
    rows=(ROW,), pictures={"a.jpg": "hash"}, answers={"a": "Ann"}, open_requests=0,
    open_replies=0, dead_letters=0, noted_dead_letters=0, left_processes=(),
)  # fmt: skip


def kinds(sent: Sent = SENT, seen: Evidence = SEEN) -> list[str]:
    return [finding.kind for finding in judge([sent], seen)]


def test_where_all_is_well_there_is_nothing_to_find() -> None:
    assert kinds() == []


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (replace(SENT, ending=None), LOST),
        (replace(SENT, ending=BO), WRONG),
    ],
)
def test_what_a_client_was_told(sent: Sent, kind: str) -> None:
    assert kinds(sent) == [kind]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (replace(ROW, is_final=False, ending=Ending(state="queued")), LOST),
        (replace(ROW, sha256="other"), DISAGREES),
        (replace(ROW, filename="nobody-sent-this.jpg"), DISAGREES),
    ],
)
def test_what_the_database_says(row: Row, kind: str) -> None:
    assert kind in kinds(seen=replace(SEEN, rows=(row,)))


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (replace(SEEN, rows=(), pictures={}, answers={}), LOST),
        (replace(SEEN, pictures={}), DISAGREES),
        (replace(SEEN, answers={"a": "Bo"}), DISAGREES),
        (replace(SEEN, answers={"a": "Ann", "b": "Bo"}), LEFT_OVER),
        (replace(SEEN, open_requests=1), LEFT_OVER),
        (replace(SEEN, open_replies=1), LEFT_OVER),
        (replace(SEEN, dead_letters=1), DISAGREES),
        (replace(SEEN, left_processes=("process 7",)), LEFT_OVER),
    ],
)
def test_what_is_in_queues_buckets_and_processes(seen: Evidence, kind: str) -> None:
    assert kinds(seen=seen) == [kind]


def test_a_dead_letter_needs_its_reason() -> None:
    sent = replace(SENT, right=(DEAD,), ending=DEAD)
    row = replace(ROW, ending=DEAD)
    seen = replace(SEEN, rows=(row,), dead_letters=1, noted_dead_letters=1)

    assert kinds(sent, seen) == [DISAGREES]
    noted = replace(row, dead_letter_reasons=("three workers",))
    assert kinds(sent, replace(seen, rows=(noted,))) == []


@pytest.mark.parametrize(("sends", "found"), [(1, [WRONG]), (2, [])])
def test_only_who_was_told_to_send_again_may_find_a_job_cancelled(
    sends: int, found: list[str]
) -> None:
    late = replace(ROW, job_id="2", ending=Ending(state="cancelled", text="cancelled"))

    seen = replace(SEEN, rows=(ROW, late))

    assert kinds(replace(SENT, sends=sends), seen) == found


def test_the_table_counts_what_was_on_its_way() -> None:
    hit = Injection(fault="SQS fails", began=1.5, ended=3.0, hits=4)
    missed = Injection(fault="SQS fails", began=9.0, ended=9.5, hits=0)
    wrong = replace(SENT, name="b.jpg", ending=BO, ended=9.0)
    findings = judge([SENT, wrong], SEEN)

    (line,) = lines([hit, missed], [SENT, wrong], findings)

    assert (line.injected, line.affected, line.lost, line.wrong) == (1, 2, 1, 1)
    assert "SQS fails" in table([line], {"disk full": "no mount"})
    assert counts(findings)[WRONG] == 1


def test_a_fault_that_never_meets_anything_is_told() -> None:
    """One miss may be chance."""

    def injected(fault: str, *hits: int) -> list[Injection]:
        return [Injection(fault=fault, began=1.0, ended=2.0, hits=each) for each in hits]

    injections = injected("idle", 0, 0) + injected("once", 0) + injected("rare", 0, 1)

    assert never_struck(injections) == ["idle"]
