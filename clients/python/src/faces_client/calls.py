"""Each operation as a value: what is sent, and how its answer is read. Both clients use it."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from faces_client import models
from faces_client.models import Page

T = TypeVar("T")
Reader = Callable[[Any], T]
"""Makes a value of an answer's JSON."""
Param = str | int | float | bool
"""A value in an address's query."""
Picture = str | Path | bytes
"""A file's path, or a file's content. A text that begins with http is an address that the system
fetches."""

IDEMPOTENCY = "Idempotency-Key"
FORM_NAME = "picture.jpg"
PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request, and what its answer means."""

    method: str
    path: str
    read: Reader[T]
    params: Mapping[str, Param] = field(default_factory=dict)
    json: object = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[tuple[str, tuple[str, bytes]]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a question about a picture asks for; None is as the system is configured.

    Parameters:
        candidates: how many of the nearest people each face carries.
        min_probability: a face that the detector is less sure of gets no name.
        threshold: the distance above which a face is unknown.
        max_faces: how many faces are answered, the largest first.
        embeddings, crops, pose: what each face carries beside its name and box.
    """

    candidates: int | None = None
    min_probability: float | None = None
    threshold: float | None = None
    max_faces: int | None = None
    embeddings: bool = False
    crops: bool = False
    pose: bool = False

    def params(self, *names: str) -> dict[str, Param]:
        """The options as a query has them; only these, where names are given."""
        values = {name: getattr(self, name) for name in names or self.__slots__}
        return {name: value for name, value in values.items() if value not in (None, False)}


def recognise(
    picture: Picture, options: Options = Options(), *, wait: bool = True, webhook: str | None = None
) -> Call[models.Job]:
    """Who is in a picture. With `wait=False` the job is returned at once: see `wait`."""
    return _asking(
        "recognise", {"picture": [picture]}, models.job, options.params() | _waiting(wait),
        {"webhook": webhook} if webhook else {},
    )  # fmt: skip


def recognise_batch(
    pictures: Sequence[Picture], options: Options = Options(), *, wait: bool = True
) -> Call[models.Batch]:
    """Who is in each of up to 20 pictures."""
    params = options.params() | _waiting(wait)
    return _asking("recognise/batch", {"pictures": pictures}, models.batch, params)


def detect(
    picture: Picture, options: Options = Options(), *, wait: bool = True
) -> Call[models.Job]:
    """Where faces are, compared with nobody."""
    params = options.params("max_faces", "embeddings", "crops", "pose") | _waiting(wait)
    return _asking("detect", {"picture": [picture]}, models.job, params)


def search(picture: Picture, limit: int = 20) -> Call[list[models.Seen]]:
    """Faces of the history that look like the picture's own face, also those without a name."""
    return _asking("search", {"picture": [picture]}, models.seen, {"limit": limit})


def allow_upload(
    filename: str = FORM_NAME, content_type: str = "image/jpeg", options: Options = Options()
) -> Call[models.Upload]:
    """A form by which one picture is sent to S3 itself: see `send`, then `wait`."""
    params = options.params("candidates", "min_probability", "threshold", "max_faces")
    about = {"filename": filename, "content_type": content_type}
    return Call(
        method="POST", path="uploads", read=models.upload, params=params, json=about,
        headers=_once(),
    )  # fmt: skip


def allow_uploads(
    filenames: Sequence[str], content_type: str = "image/jpeg", options: Options = Options()
) -> Call[list[models.Upload]]:
    """The same for up to 100 pictures at once."""
    params = options.params("candidates", "min_probability", "threshold", "max_faces")
    about = [{"filename": name, "content_type": content_type} for name in filenames]
    return Call(
        method="POST", path="uploads/batch", read=models.uploads, params=params,
        json={"uploads": about}, headers=_once(),
    )  # fmt: skip


def send_video(
    video: Picture, frames: int | None = None, interval_seconds: float | None = None
) -> Call[models.Video]:
    """Send a video. Ask for it by `video` until it has ended."""
    form = {"frames": frames, "interval_seconds": interval_seconds}
    return Call(
        method="POST", path="videos", read=models.video, files=[("video", _file(video))],
        form={name: str(value) for name, value in form.items() if value is not None},
        headers=_once(),
    )  # fmt: skip


def get_video(video_id: str) -> Call[models.Video]:
    """One video."""
    return Call(method="GET", path=f"videos/{video_id}", read=models.video)


def list_videos(**filters: Param | None) -> Callable[[str | None], Call[Page[models.Video]]]:
    """All videos, newest first. Filters are those of the REST API."""
    return lambda cursor: _page("videos", models.videos, cursor, filters)


def delete_video(video_id: str) -> Call[None]:
    """Delete a video with its frames and results."""
    return _change("DELETE", f"videos/{video_id}", _nothing)


def verify(picture: Picture, other: Picture, *, wait: bool = True) -> Call[models.Comparison]:
    """Whether two pictures show one person."""
    pictures = {"picture": [picture], "other": [other]}
    return _asking("verify", pictures, models.comparison, _waiting(wait))


def get_job(job_id: str) -> Call[models.Job]:
    """One job."""
    return Call(method="GET", path=f"jobs/{job_id}", read=models.job)


def list_jobs(**filters: Param | None) -> Callable[[str | None], Call[Page[models.Job]]]:
    """All jobs, newest first. Filters are those of the REST API."""
    return lambda cursor: _page("jobs", models.jobs, cursor, filters)


def cancel_job(job_id: str) -> Call[models.Job]:
    """Cancel a job that has no answer yet."""
    return _change("POST", f"jobs/{job_id}/cancel", models.job)


def delete_job(job_id: str) -> Call[None]:
    """Delete a job, its picture and its answer."""
    return _change("DELETE", f"jobs/{job_id}", _nothing)


def name_face(job_id: str, number: int, name: str) -> Call[models.Learned]:
    """Say who an unknown face is: it becomes an example of that person."""
    return _change("POST", f"jobs/{job_id}/faces/{number}/name", models.learned, {"name": name})


def add_person(name: str, picture: Picture) -> Call[models.Learned]:
    """Enrol a person with a picture."""
    return _asking("subjects", {"picture": [picture]}, models.learned, {}, {"name": name})


def list_people() -> Callable[[str | None], Call[Page[models.Person]]]:
    """Everybody who is enrolled, by name."""

    def page(after: str | None) -> Call[Page[models.Person]]:
        params = _without_none({"after": after})
        return Call(method="GET", path="subjects", read=models.people, params=params)

    return page


def get_person(person_id: str) -> Call[models.Person]:
    """One person."""
    return Call(method="GET", path=f"subjects/{person_id}", read=models.person)


def rename_person(person_id: str, name: str) -> Call[models.Person]:
    """Give a person another name."""
    return _change("PATCH", f"subjects/{person_id}", models.person, {"name": name})


def merge_person(person_id: str, into: str) -> Call[models.Person]:
    """Merge a person into another one, who is returned."""
    return _change("POST", f"subjects/{person_id}/merge", models.person, {"into": into})


def erase_person(person_id: str, *, pictures: bool = False) -> Call[models.Erased]:
    """Erase a person everywhere; with `pictures` also pictures and videos of them."""
    params = {"pictures": "true"} if pictures else {}
    return Call(method="DELETE", path=f"subjects/{person_id}", read=models.erased, params=params)


def get_erasure(person_id: str) -> Call[models.Erased]:
    """The receipt of an erasing."""
    return Call(method="GET", path=f"subjects/{person_id}/erasure", read=models.erased)


def list_examples(person_id: str) -> Call[list[models.Example]]:
    """A person's examples."""
    return Call(method="GET", path=f"subjects/{person_id}/examples", read=models.examples)


def add_example(person_id: str, picture: Picture) -> Call[models.Learned]:
    """Add an example to a person."""
    return _asking(f"subjects/{person_id}/examples", {"picture": [picture]}, models.learned, {})


def add_examples(person_id: str, pictures: Sequence[Picture]) -> Call[models.Learned]:
    """Add up to 20 examples to a person. `problems` tell of pictures that gave none."""
    path = f"subjects/{person_id}/examples/batch"
    return _asking(path, {"pictures": pictures}, models.learned, {})


def get_example(person_id: str, example_id: str) -> Call[bytes]:
    """The cut-out face of an example, a JPEG."""
    return Call(method="GET", path=f"subjects/{person_id}/examples/{example_id}", read=bytes)


def delete_example(person_id: str, example_id: str) -> Call[None]:
    """Delete an example. A person's last one takes the person along."""
    return _change("DELETE", f"subjects/{person_id}/examples/{example_id}", _nothing)


def _asking(
    path: str,
    pictures: Mapping[str, Sequence[Picture]],
    read: Reader[T],
    params: Mapping[str, Param],
    form: Mapping[str, str] | None = None,
) -> Call[T]:
    """A POST with pictures: a form, or JSON where the system is to fetch one."""
    fetched = any(_is_address(one) for some in pictures.values() for one in some)
    call = Call(method="POST", path=path, read=read, params=params, headers=_once())
    if fetched:
        sent = {name: [_in_json(one) for one in some] for name, some in pictures.items()}
        body = {name: some if name == "pictures" else some[0] for name, some in sent.items()}
        return replace(call, json={**body, **(form or {})})
    files = [(name, _file(one)) for name, some in pictures.items() for one in some]
    return replace(call, form=form or {}, files=files)


def _page(
    path: str,
    read: Reader[Page[T]],
    cursor: str | None,
    filters: Mapping[str, Param | None],
) -> Call[Page[T]]:
    params = _without_none({"cursor": cursor, "limit": PAGE, **filters})
    return Call(method="GET", path=path, read=read, params=params)


def _change(method: str, path: str, read: Reader[T], json: object = None) -> Call[T]:
    return Call(
        method=method, path=path, read=read, json=json, headers=_once() if method == "POST" else {}
    )


def _once() -> dict[str, str]:
    """A POST that is tried again is done once: the key stays with the call."""
    return {IDEMPOTENCY: str(uuid.uuid4())}


def _is_address(picture: Picture) -> bool:
    return isinstance(picture, str) and picture.startswith(("https://", "http://"))


def _in_json(picture: Picture) -> object:
    if _is_address(picture):
        return {"url": picture}
    name, content = _file(picture)
    return {"name": name, "content": base64.b64encode(content).decode()}


def _file(picture: Picture) -> tuple[str, bytes]:
    if isinstance(picture, bytes):
        return FORM_NAME, picture
    path = Path(picture)
    return path.name, path.read_bytes()


def _waiting(wait: bool) -> dict[str, str]:
    return {} if wait else {"wait": "false"}


def _without_none(params: Mapping[str, Param | None]) -> dict[str, Param]:
    return {name: value for name, value in params.items() if value is not None}


def _nothing(_: object) -> None:
    return None
