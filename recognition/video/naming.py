"""Who the tracks of a video are: the open-set decision, with the number of tries counted in. Pure.

Each track is a try at being mistaken for somebody. So each gets its part of the share of strangers
that may be named.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recognition.gallery.gallery import Gallery
from recognition.matching import Match, Matrix, distance_to, ranked, similarity
from recognition.open_set import LEAST_THRESHOLD, STRICTER_BELOW_PIXELS, DecisionSettings
from recognition.registry.models import Model, model_named
from recognition.video.merging import SeenFace, SeenFrame
from recognition.video.tracking import Track, TrackedFace, looks_of, pooled, tracks_of

PEOPLE_COMPARED = 16

TRACK_SHARE = 1 / 2
DOUBTFUL_SHARE = 1 / 3
"""What part of the share of strangers a track gets, where it is the only one; the second for a face
that was seen once, and for small faces. A mean of looks is nearer to everybody than a single look
is. With these parts the FPIR stays at what was asked for (decision 0037)."""

LEAST_PIXELS_ONCE = 60.0
"""A smaller face that was seen once names nobody."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Near:
    """A track, the people near it (with their examples), and how near one of them must be."""

    track: Track
    ranking: Sequence[Match]
    examples: Mapping[str, Matrix]
    threshold: float
    not_named: str | None


def named_frames(
    frames: Sequence[SeenFrame], gallery: Gallery | None, deciding: DecisionSettings
) -> tuple[SeenFrame, ...]:
    """The frames in the order of time: each face with its track's name, and no embedding."""
    ordered = sorted(frames, key=lambda frame: frame.number)
    faces: dict[tuple[int, int], SeenFace] = {}
    if gallery is not None:
        ordered = [_of_model(frame, gallery.model) for frame in ordered]
        model = model_named(gallery.model)
        tracks = tracks_of(looks_of(ordered), model.pair_threshold, model.length)
        near = _near_people(tracks, gallery, model, deciding)
        for number, (one, match) in enumerate(zip(near, assigned_tracks(near), strict=True)):
            for look in one.track.looks:
                face = ordered[look.frame].faces[look.face]
                named = _named(face, look, one, match, gallery, model)
                faces[look.frame, look.face] = replace(named, track=number)
    return tuple(_with_faces(frame, place, faces) for place, frame in enumerate(ordered))


def _of_model(frame: SeenFrame, model: str) -> SeenFrame:
    """The frame; embeddings of another model than the gallery's decide nothing."""
    if frame.model == model:
        return frame
    why = f"seen by the model {frame.model}, and the gallery is of {model}"
    return replace(frame, faces=tuple(replace(face, not_named=why) for face in frame.faces))


def _with_faces(
    frame: SeenFrame, place: int, faces: Mapping[tuple[int, int], SeenFace]
) -> SeenFrame:
    """A frame with the faces of tracks; the others have no name, and say why as before."""
    return replace(
        frame,
        faces=tuple(
            faces.get((place, number), _without_name(face))
            for number, face in enumerate(frame.faces)
        ),
    )


def _without_name(face: SeenFace) -> SeenFace:
    return replace(face, name=None, person_id=None, embedding=None)


def _near_people(
    tracks: Sequence[Track], gallery: Gallery, model: Model, deciding: DecisionSettings
) -> list[_Near]:
    reasons = [why_track_not_named(track) for track in tracks]
    tries, comparisons = max(reasons.count(None), 1), gallery.comparisons(model.line)
    found = []
    for track, reason in zip(tracks, reasons, strict=True):
        embedding = pooled(track.looks, model.length)
        people = gallery.people_near(embedding, PEOPLE_COMPARED)
        threshold = track_threshold(track, tries, comparisons, model, deciding)
        found.append(
            _Near(
                track=track,
                ranking=ranked(embedding, people, model.rule, model.length),
                examples={person.person_id: person.examples for person in people},
                threshold=threshold,
                not_named=reason,
            )
        )
    return found


def why_track_not_named(track: Track) -> str | None:
    """Why a track can have no name, or None where it can have one."""
    if len(track.looks) == 1 and track.pixels < LEAST_PIXELS_ONCE:
        return f"seen once, and too small to be sure ({track.pixels:.0f} pixels)"
    return None


def track_threshold(
    track: Track, tracks: int, comparisons: float, model: Model, deciding: DecisionSettings
) -> float:
    """How near a person must be to a track: a video of strangers gets a name as seldom as a
    picture of one does. `tracks` of the video are tried."""
    is_doubtful = len(track.looks) == 1 or track.pixels < STRICTER_BELOW_PIXELS
    share = (DOUBTFUL_SHARE if is_doubtful else TRACK_SHARE) / tracks
    threshold = deciding.threshold_for(model.line, comparisons) + model.line.c * math.log(share)
    return max(threshold, LEAST_THRESHOLD)


def assigned_tracks(near: Sequence[_Near]) -> list[Match | None]:
    """The person that each track shows, or None. Two tracks that are seen in one frame are two
    people: the better match keeps the name."""
    pairs = sorted(
        (
            (match.distance / one.threshold, number, match)
            for number, one in enumerate(near)
            for match in one.ranking
            if one.not_named is None and match.distance <= one.threshold
        ),
        key=lambda pair: pair[:2],
    )
    named: list[Match | None] = [None] * len(near)
    seen: dict[str, set[int]] = {}
    for _, number, match in pairs:
        frames = seen.setdefault(match.person_id, set())
        if named[number] is None and frames.isdisjoint(near[number].track.frames):
            named[number] = match
            frames |= near[number].track.frames
    return named


def _named(
    face: SeenFace,
    look: TrackedFace,
    near: _Near,
    match: Match | None,
    gallery: Gallery,
    model: Model,
) -> SeenFace:
    """A face with its track's name, and how near this look is to that person."""
    nearest = match or next(iter(near.ranking), None)
    if nearest is None:
        return replace(_without_name(face), not_named=near.not_named)
    examples = near.examples[nearest.person_id]
    distance = (
        distance_to(look.embedding, examples, model.rule, model.length)
        if match
        else nearest.distance
    )
    return replace(
        face,
        name=gallery.people[match.person_id].name if match else None,
        person_id=match.person_id if match else None,
        distance=round(distance, 6),
        similarity=round(similarity(distance, near.threshold), 4),
        not_named=near.not_named,
        embedding=None,
    )
