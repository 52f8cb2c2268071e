"""A batch's pictures as rows of a table, of a CSV file and of JSON."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from faceweb.administration.job_csv import table
from faceweb.models import Batch, BatchPicture, Face, Job, JobState
from faceweb.people.faces.shown_faces import answers_now, job_json, shown_faces

PAGE = 50
COLUMNS = ("filename", "state", "answer", "face", "name", "similarity", "said by", "problem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch is."""

    expected: int
    sent: int
    done: int
    refused: int
    failed: int
    """Those that were taken and have no result."""

    @property
    def without_result(self) -> int:
        """How many pictures have no result, and will get none."""
        return self.refused + self.failed

    @property
    def is_over(self) -> bool:
        """True once every picture has ended."""
        return self.done >= self.expected


def progress_of(batch: Batch) -> Progress:
    """Counted by state."""
    rows = BatchPicture.objects.filter(batch=batch)
    states = Counter(rows.filter(job__isnull=False).values_list("job__state", flat=True))
    sent = rows.count()
    open_jobs = states[JobState.STORED] + states[JobState.QUEUED]
    return Progress(
        expected=max(batch.expected, sent),
        sent=sent,
        done=sent - open_jobs,
        refused=sent - sum(states.values()),
        failed=states[JobState.FAILED] + states[JobState.CANCELLED],
    )


def pictures_of(batch: Batch, start: int = 0, count: int | None = None) -> list[BatchPicture]:
    """The batch's pictures in the order in which they came, with answers as of now."""
    rows = BatchPicture.objects.filter(batch=batch).select_related("job").order_by("pk")
    found = list(rows[start : start + count if count is not None else None])
    answers_now(row.job for row in found if row.job is not None)
    return found


def as_json(rows: Sequence[BatchPicture]) -> list[dict[str, object]]:
    """An object a picture: its job with everybody in it, or why it was refused."""
    return [
        {"filename": row.filename, "problem": row.problem}
        if row.job is None
        else {**job_json(row.job), "answer": _answer(row.job)}
        for row in rows
    ]


def as_csv(rows: Sequence[BatchPicture]) -> str:
    """A line a face; a picture without a face has one, too."""
    return table(COLUMNS, (line for row in rows for line in _lines(row)))


def _lines(row: BatchPicture) -> list[tuple[object, ...]]:
    job = row.job
    if job is None:
        return [(row.filename, "refused", "", "", "", "", "", row.problem)]
    start = (job.filename, job.get_state_display(), _answer(job))
    faces: list[Face | None] = [*shown_faces(job)] or [None]
    return [(*start, *_of_face(face), job.error) for face in faces]


def _of_face(face: Face | None) -> tuple[object, ...]:
    if face is None:
        return ("", "", "", "")
    return (face.number + 1, face.name or "unknown", face.similarity, face.get_source_display())


def _answer(job: Job) -> str:
    return str(getattr(job, "answer", job.result))
