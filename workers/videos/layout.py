"""Which object is called what: video -> frames -> results. Pure, and the contract with outsiders.

The name of a video's results is its key without extension, or with a suffix where another video
has that name (`workers.videos.naming`).

<ID>-input     a/test_00.mp4
<ID>-stage-1   a/test_00.jpg                       the first frame, or with several:
               a/test_00/output-00.jpg, ...        with `FrameMark` as metadata
               a/test_00/seen-<run>/00000.json     the faces of one frame, until all are there
               a/test_00/seen-<run>/merged         they were, and are gone: the result is written
<ID>-output    a/test_00.txt, a/test_00.json, and where it failed a/test_00.error.json

A video that came through the web tier is `sent/<id>/video`, of a collection other than the
default below that one's folder.
"""

import hashlib
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from foundation.collections import DEFAULT, folder_of
from recognition.video.plan import FramePlan

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """An object in S3, its key as it is (events carry it URL-encoded)."""

    bucket: str
    key: str


_SENT = re.compile(r"(collections/[0-9a-f]{12}/)?sent/")
"""Videos that came through the web tier have folders of their own, by their ids."""


def sent_folder(video_id: object, collection: str = DEFAULT) -> str:
    """Where everything of a video that was sent is, in all three buckets."""
    return f"{folder_of(collection)}sent/{video_id}/"


def sent_key(video_id: object, collection: str = DEFAULT) -> str:
    """The key of a video that was sent, and also what its results are named after."""
    return f"{sent_folder(video_id, collection)}video"


def is_sent(key: str) -> bool:
    """True for the key of a video that came through the web tier."""
    return _SENT.match(key) is not None


def is_folder(key: str) -> bool:
    """Whether the object stands for a folder, as S3's console makes them."""
    return key.endswith("/")


def name_of(key: str) -> str:
    """The key without its extension: what all results are named after."""
    return posixpath.splitext(key)[0]


def text_key(name: str) -> str:
    """Where the surest name of a video lies."""
    return f"{name}.txt"


def json_key(name: str) -> str:
    """Where the whole result of a video lies."""
    return f"{name}.json"


def error_key(name: str) -> str:
    """The key of the object that says why a video has no result."""
    return f"{name}.error.json"


def frame_key(name: str, number: int, plan: FramePlan) -> str:
    """Where a frame lies; the only frame of the default mode has the video's own name."""
    return f"{name}.jpg" if plan.only_first else f"{name}/output-{number:02}.jpg"


def run_of(version: str, plan: FramePlan) -> str:
    """Names one splitting of one version of a video; the same again has the same name."""
    return hashlib.sha256(f"{version} {plan}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameMark:
    """What a frame's metadata says of it. The last frame alone knows how many there are, so frames
    can be stored while the video is still being read.

    `video` is the video's key, `name` what its results are called. `trouble` is what kept the video
    from being read to its end, on the last frame.
    """

    video: str
    name: str
    run: str
    number: int
    seconds: float
    is_last: bool
    damaged: int = 0
    trouble: str = ""

    def as_metadata(self) -> dict[str, str]:
        """S3 takes ASCII alone, and 2 KiB: not the video's key again, which may be 3 KiB so."""
        return {
            "extension": quote(posixpath.splitext(self.video)[1]),
            "suffix": quote(self.name[len(name_of(self.video)) :]),
            "run": self.run,
            "number": str(self.number),
            "seconds": f"{self.seconds:.6f}",
            "last": "yes" if self.is_last else "no",
            "damaged": str(self.damaged),
            "trouble": quote(self.trouble),
        }


def mark_of(key: str, metadata: Mapping[str, str]) -> FrameMark | None:
    """The mark of a frame of several, by its key and metadata; None of any other picture."""
    name = posixpath.dirname(key)
    try:
        stem = name.removesuffix(unquote(metadata["suffix"]))
        return FrameMark(
            video=stem + unquote(metadata["extension"]),
            name=name,
            run=metadata["run"],
            number=int(metadata["number"]),
            seconds=float(metadata["seconds"]),
            is_last=metadata["last"] == "yes",
            damaged=int(metadata["damaged"]),
            trouble=unquote(metadata["trouble"]),
        )
    except (KeyError, ValueError):
        return None


def seen_folder(mark: FrameMark) -> str:
    """Where the faces of each frame of one splitting lie."""
    return f"{mark.name}/seen-{mark.run}/"


def seen_key(mark: FrameMark) -> str:
    """Where the faces of one frame are kept; the last frame's name says that it is the last."""
    return f"{seen_folder(mark)}{mark.number:05}{'-last' if mark.is_last else ''}.json"


def merged_key(mark: FrameMark) -> str:
    """Says that a splitting's faces were merged: a frame that comes again is not kept."""
    return f"{seen_folder(mark)}merged"


def is_frame(key: str) -> bool:
    """Whether the object is a picture, not the faces of one."""
    return key.lower().endswith(".jpg")


def is_complete(seen_keys: Iterable[str]) -> bool:
    """Whether the faces of all frames are there: those of the last, and of all before it.

    A splitting that was cut short and ran again may have left two that are the last.
    """
    names = [posixpath.basename(key)[:-5] for key in seen_keys if key.endswith(".json")]
    numbers = {_number(name) for name in names}
    lasts = [_number(name) for name in names if name.endswith("-last")]
    return bool(lasts) and numbers >= set(range(max(lasts) + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Frames that are stored, frames whose faces are known, and how many there will be: None
    until the last one is known."""

    stored: int = 0
    seen: int = 0
    total: int | None = None


def progress_of(stage_keys: Iterable[str]) -> Progress:
    """The progress of one video by the keys of its folder. A splitting that ran again under
    another plan has left its own faces: the run that got furthest counts."""
    frames, runs = 0, defaultdict(set)
    for key in stage_keys:
        folder, name = posixpath.split(key)
        if name.endswith(".jpg"):
            frames += 1
        elif posixpath.basename(folder).startswith("seen-") and name.endswith(".json"):
            runs[folder].add(name.removesuffix(".json"))
    names = max(runs.values(), key=len, default=set())
    lasts = [_number(name) for name in names if name.endswith("-last")]
    seen = len({_number(name) for name in names})
    return Progress(stored=max(frames, seen), seen=seen, total=max(lasts) + 1 if lasts else None)


def _number(name: str) -> int:
    return int(name.removesuffix("-last"))
