"""Two people who may be one: the workers write down who else a face is near to."""

from collections import Counter

from faceweb.models import Face, Subject

LOOKED_AT = 100
ALIKE = 0.5
"""The similarity at the threshold: such a face would have got either name."""
SHOWN = 3


def possible_duplicates(person_id: str) -> list[Subject]:
    """The people that the newest faces of a person could be taken for, the most frequent first.

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
