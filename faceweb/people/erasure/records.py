"""Takes a person's names out of kept answers, dead letters, the admin's log and sessions."""

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import F
from django.utils import timezone

from faceweb.models import BatchPicture, Change, DeadLetter, ExpectedPerson, IdempotentAnswer
from faceweb.people.erasure.person import ErasedPerson
from faceweb.people.faces.known_people import ERASED

AT_ONCE = 200
FLASHED = "_messages"
"""Where a session keeps the sentences that the next page shows."""


def forget_records(person: ErasedPerson) -> None:
    """Everything that may say a name of theirs, and is no answer."""
    _forget_expected(person)
    _forget_changes(person)
    _forget_refused_files(person)
    _forget_kept_answers(person)
    _forget_dead_letters(person)
    _forget_admin_log(person)
    _forget_sessions(person)


def _says(person: ErasedPerson, text: str) -> bool:
    return person.names.are_in(text) or any(one in text for one in person.ids)


def _forget_expected(person: ErasedPerson) -> None:
    """Nobody of their name is waited for."""
    for row in list(ExpectedPerson.objects.filter(collection=person.collection)):
        if person.names.is_theirs(row.name):
            row.delete()


def _forget_changes(person: ErasedPerson) -> None:
    """Nothing that would bring them back can be undone."""
    for change in list(Change.objects.all()):
        if set(change.people) & set(person.ids):
            change.delete()


def _forget_refused_files(person: ErasedPerson) -> None:
    """Names of files that were refused in a batch."""
    for row in list(BatchPicture.objects.exclude(filename="")):
        if person.names.are_in_file_name(row.filename):
            BatchPicture.objects.filter(pk=row.pk).update(filename=ERASED, problem="")


def _forget_kept_answers(person: ErasedPerson) -> None:
    """A request that is sent again after this is done again."""
    last = ""
    while answers := list(IdempotentAnswer.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = answers[-1].pk
        for answer in answers:
            if _says(person, bytes(answer.body).decode(errors="replace")):
                answer.delete()
                person.count("kept_answers", 1)


def _forget_dead_letters(person: ErasedPerson) -> None:
    """Resolved, so that the sweep takes the message itself off its queue."""
    for letter in list(DeadLetter.objects.all()):
        if _says(person, letter.body):
            DeadLetter.objects.filter(pk=letter.pk).update(
                body=ERASED, resolved_at=timezone.now(), resolution=ERASED
            )
            person.count("dead_letters", 1)


def _forget_admin_log(person: ErasedPerson) -> None:
    for entry in list(LogEntry.objects.only("object_repr", "change_message")):
        if _says(person, f"{entry.object_repr} {entry.change_message}"):
            found = LogEntry.objects.filter(pk=entry.pk)
            found.update(object_repr=F("object_id"), change_message="")


def _forget_sessions(person: ErasedPerson) -> None:
    for session in list(Session.objects.all()):
        kept = session.get_decoded()
        if FLASHED in kept and person.names.are_in(str(kept[FLASHED])):
            del kept[FLASHED]
            session.session_data = Session.objects.encode(kept)
            session.save()
