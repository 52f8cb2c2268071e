"""The cut-out faces of examples: kept when a face is learned, moved and deleted with it.

The cut-out alone is kept: the whole picture may show others, who were not enrolled.
"""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone

from faceweb.jobs.pictures import face_cutout
from faceweb.models import ExamplePicture
from foundation.aws.storage import Bucket
from foundation.collections import DEFAULT, folder_of

PREFIX = "examples/"


def keep(
    bucket: Bucket,
    picture: bytes,
    box: Sequence[float],
    person_id: str,
    example_id: str,
    collection: str = DEFAULT,
) -> None:
    """Keep what is in `box` (left, top, right, bottom; pixels of the upright picture)."""
    keep_cutout(bucket, face_cutout(picture, box), person_id, example_id, collection)


def keep_cutout(
    bucket: Bucket, cutout: bytes, person_id: str, example_id: str, collection: str = DEFAULT
) -> None:
    """Store an example's cut-out face (a JPEG), and its row."""
    key = f"{folder_of(collection)}{PREFIX}{person_id}/{example_id}.jpg"
    bucket.put(key, cutout, "image/jpeg")
    ExamplePicture.objects.update_or_create(
        person_id=person_id,
        example_id=example_id,
        defaults={"key": key, "added_at": timezone.now()},
    )


def kept_of(person_id: str) -> set[str]:
    """The ids of a person's examples that have a picture."""
    found = ExamplePicture.objects.filter(person_id=person_id)
    return set(found.values_list("example_id", flat=True))


def move(person_id: str, into_id: str) -> None:
    """Give one person's pictures to another, but those that the other has already."""
    there = ExamplePicture.objects.filter(person_id=into_id).values("example_id")
    moved = ExamplePicture.objects.filter(person_id=person_id)
    moved.exclude(example_id__in=there).update(person_id=into_id)


def delete(bucket: Bucket, pictures: QuerySet[ExamplePicture]) -> int:
    """Delete pictures, object first: a row without one is deleted the next time."""
    found = list(pictures)
    for picture in found:
        bucket.delete(picture.key)
        picture.delete()
    return len(found)


def also_of(person_id: str, example_id: str, other_id: str) -> None:
    """Tie an example's picture to another example of the same face, too."""
    picture = ExamplePicture.objects.filter(person_id=person_id, example_id=example_id).first()
    if picture is not None:
        ExamplePicture.objects.update_or_create(
            person_id=person_id,
            example_id=other_id,
            defaults={"key": picture.key, "added_at": picture.added_at},
        )


def keep_only(bucket: Bucket, person_id: str, example_ids: set[str]) -> None:
    """Forget pictures of examples that the person no longer has; shared objects stay."""
    of_person = ExamplePicture.objects.filter(person_id=person_id)
    keys = set(of_person.filter(example_id__in=example_ids).values_list("key", flat=True))
    stale = [picture for picture in of_person if picture.example_id not in example_ids]
    for picture in stale:
        if picture.key not in keys:
            bucket.delete(picture.key)
        picture.delete()
