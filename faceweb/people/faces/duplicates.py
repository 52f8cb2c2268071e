"""People who may be one person that has two entries."""

from collections import Counter

from faceweb.models import Face, Subject
from faceweb.people.faces.likeness import ALIKE

LOOKED_AT = 100
SHOWN = 3


def possible_duplicates(person_id: str) -> list[Subject]:
    """The people whom the newest faces of a person would have passed for, the most frequent first.

    Only what is in the rows is read, so it costs the same however large the gallery is.
    """
    newest = Face.objects.filter(person=person_id).order_by("-seen_at")[:LOOKED_AT]
    near = Counter(
        other
        for candidates in newest.values_list("candidates", flat=True)
        for other, _, similarity in candidates
        if similarity >= ALIKE and other != person_id
    )
    ids = [other for other, _ in near.most_common(SHOWN)]
    people = Subject.objects.filter(examples__gt=0, erased_at=None).in_bulk(ids)
    return [people[one] for one in ids if one in people]
