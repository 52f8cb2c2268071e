"""What must not be, looked for in what is there. Pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from foundation import messages
from tests.chaos.values import (
    DISAGREES,
    LEFT_OVER,
    LOST,
    REFUSED,
    WRONG,
    Ending,
    Evidence,
    Finding,
    Row,
    Sent,
)

CANCELLED = "cancelled"


def judge(sent: Sequence[Sent], seen: Evidence) -> list[Finding]:
    """Everything that is wrong; nothing, if the system keeps its promise."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in seen.rows:
        rows[row.filename].append(row)
    return [
        *(finding for one in sent for finding in _of_picture(one, rows.get(one.name, []))),
        *_strangers(sent, seen),
        *(finding for row in seen.rows for finding in _of_objects(row, seen)),
        *_orphans(seen),
        *_of_dead_letters(seen),
        *_left_over(seen),
    ]


def _of_picture(one: Sent, rows: Sequence[Row]) -> Iterator[Finding]:
    """A picture has an end, the right one, and its client was told of it.

    A client that was cut off sends again, and then there are several jobs: each has to end right.
    One is cancelled where storage made it too late: its client had been told to send again.
    """
    right = " or ".join(str(ending) for ending in one.right)
    if one.ending is None:
        yield _finding(LOST, one, f"its client was told nothing ({', '.join(one.trouble[-3:])})")
    elif one.ending not in one.right:
        yield _finding(WRONG, one, f"its client was told {one.ending}, right is {right}")
    if not rows and one.ending not in (None, Ending(state=REFUSED)):
        yield _finding(LOST, one, "its client has an answer, the database has no job")
    for row in rows:
        if not row.is_final:
            yield _finding(LOST, one, f"job {row.job_id} is {row.ending.state} for ever")
        elif row.ending not in one.right and not (row.ending.state == CANCELLED and one.sends > 1):
            yield _finding(WRONG, one, f"job {row.job_id} is {row.ending}, right is {right}")
        if row.sha256 != one.sha256:
            yield _finding(DISAGREES, one, f"job {row.job_id} is of another picture")


def _strangers(sent: Sequence[Sent], seen: Evidence) -> Iterator[Finding]:
    known = {one.name for one in sent}
    for row in seen.rows:
        if row.filename not in known:
            yield Finding(kind=DISAGREES, subject=row.filename, sentence="nobody sent it")


def _of_objects(row: Row, seen: Evidence) -> Iterator[Finding]:
    """A job's picture is in S3, and its answer says what the database says."""
    if seen.pictures.get(row.input_key) != row.sha256:
        said = "another picture" if row.input_key in seen.pictures else "nothing"
        yield _of_row(row, f"the in-bucket has {said} under {row.input_key}")
    if row.ending.state == messages.SUCCEEDED:
        said = seen.answers.get(row.output_key, "nothing")
        if said != row.ending.text:
            yield _of_row(row, f"the out-bucket says {said}, the database {row.ending.text}")


def _orphans(seen: Evidence) -> Iterator[Finding]:
    """Nothing is in S3 that no job knows."""
    known_pictures = {row.input_key for row in seen.rows}
    known_answers = {row.output_key for row in seen.rows}
    for bucket, keys, known in (
        ("in-bucket", seen.pictures, known_pictures),
        ("out-bucket", seen.answers, known_answers),
    ):
        for key in keys:
            if key not in known:
                yield Finding(
                    kind=LEFT_OVER, subject=key, sentence=f"it is in the {bucket}, with no job"
                )


def _of_dead_letters(seen: Evidence) -> Iterator[Finding]:
    """A job that ended as a dead letter has one, with its reason; each is on its queue."""
    for row in seen.rows:
        if row.ending.text == messages.DEAD_LETTER and not any(row.dead_letter_reasons):
            yield _of_row(row, "it failed as a dead letter, and none is noted")
    if seen.dead_letters != seen.noted_dead_letters:
        sentence = f"it holds {seen.dead_letters}, {seen.noted_dead_letters} are noted"
        yield Finding(kind=DISAGREES, subject="dead-letter queue", sentence=sentence)


def _left_over(seen: Evidence) -> Iterator[Finding]:
    for queue, count in (("request", seen.open_requests), ("response", seen.open_replies)):
        if count:
            yield Finding(
                kind=LEFT_OVER, subject=f"{queue} queue", sentence=f"{count} messages are left"
            )
    for process in seen.left_processes:
        yield Finding(kind=LEFT_OVER, subject="process", sentence=process)


def _finding(kind: str, one: Sent, sentence: str) -> Finding:
    return Finding(kind=kind, subject=one.name, sentence=sentence)


def _of_row(row: Row, sentence: str) -> Finding:
    return Finding(kind=DISAGREES, subject=row.filename, sentence=sentence)


def counts(findings: Sequence[Finding]) -> Mapping[str, int]:
    """How many of each kind."""
    kinds = (LOST, WRONG, DISAGREES, LEFT_OVER)
    return {kind: sum(finding.kind == kind for finding in findings) for kind in kinds}
