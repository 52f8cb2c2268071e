"""What a form says about faces."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from faceweb.access.identity import collection_of
from faceweb.models import Face, of_collection
from faceweb.pages.forms import number_in, numbers_in

MOST_FACES = 500
MOST_EXAMPLES = 12
"""For a group that is named. More of the same looks make no gallery better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A face, the name that it was given, and whether it is to be an example."""

    face: Face
    name: str
    remember: bool


def statements_in(request: HttpRequest) -> Iterator[Statement]:
    """The faces that a form speaks of.

    All faces of a video's track get the name, unless the form is for `only` one frame.

    `name` is for each `face`; `name-<face>` is for one. A `face` may be several that look nearly
    the same ("7,8,9"): only the first becomes an example. Faces in `also` become none.
    """
    form = request.POST
    names = _names_by_face(request)
    if form.get("only") != "yes":
        names = _with_tracks(names)
    here = Face.objects.filter(of_collection(collection_of(request)))
    rows = here.select_related("job", "video", "person__merged_into")
    found = rows.in_bulk(list(names)[:MOST_FACES])
    left = MOST_EXAMPLES if form.get("remember") == "yes" else 0
    for pk, (name, may_be_example) in names.items():
        if pk in found:
            remember = may_be_example and left > 0
            left -= remember
            yield Statement(face=found[pk], name=name, remember=remember)


def _names_by_face(request: HttpRequest) -> Mapping[int, tuple[str, bool]]:
    """Name and whether it may be an example, by face."""
    form, names = request.POST, dict[int, tuple[str, bool]]()
    name = str(form.get("name", "")).strip()
    folds = [numbers_in(one) for one in form.getlist("face")]
    names |= {fold[0]: (name, True) for fold in folds if fold}
    names |= {one: (name, False) for fold in folds for one in fold[1:]}
    names |= dict.fromkeys(numbers_in(form.get("also", "")), (name, False))
    for key, value in form.items():
        number = number_in(key.removeprefix("name-"))
        if number and key.startswith("name-") and str(value).strip():
            names[number] = (str(value).strip(), True)
    return names


def _with_tracks(names: Mapping[int, tuple[str, bool]]) -> Mapping[int, tuple[str, bool]]:
    """Also the other faces of each face's track: they are one person."""
    whole = dict(names)
    tracked = Face.objects.filter(pk__in=list(names), track__isnull=False)
    for pk, video, track in tracked.values_list("pk", "video", "track"):
        rest = Face.objects.filter(video=video, track=track, left_out="").order_by("frame")
        for other in rest.values_list("pk", flat=True):
            whole.setdefault(other, (names[pk][0], False))
    return whole
