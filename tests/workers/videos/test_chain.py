"""Videos in, names out: the work of both functions, with S3 in memory and a fake recogniser."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image

from foundation.messages import RecogniseOptions
from recognition.errors import NotAPicture
from recognition.gallery.gallery_changes import add_examples
from recognition.open_set import DecisionSettings
from recognition.types import Box, DetectedFace, Face, Recognition
from recognition.video.merging import SeenFrame
from recognition.video.naming import named_frames
from recognition.video.plan import FramePlan
from tests.support import videos
from tests.support.memory_files import MemoryFiles
from tests.workers.videos.memory_objects import MemoryObjects
from workers.videos.layout import ObjectRef
from workers.videos.recognising import recognise_picture
from workers.videos.splitting import Splitting, split_video

IN, STAGE, OUT, NAMES = "x-input", "x-stage-1", "x-output", "x-gallery"
ODD_KEYS = [
    "test_00.mp4",
    "a/b c/test_00.mp4",
    "1+1.mp4",
    "Zoë/顔 100%.mov",
    "no-extension",
    "v.1.mp4",
]


class ByNumber:
    """Sees one person in each range of `shade` numbers, and nobody elsewhere. Videos are named by
    the product's own rule, with Ann and Bo enrolled."""

    def __init__(self, names: dict[range, str], size: float = 90.0) -> None:
        self._names, self._size = names, size
        self.asked: set[tuple[float | None, str]] = set()
        files = MemoryFiles()
        self._gallery = add_examples(files, "dlib", {n: [looks_like(n)] for n in ("Ann", "Bo")})

    def recognise(self, picture: bytes, options: RecogniseOptions, collection: str) -> Recognition:
        self.asked.add((options.threshold, collection))
        try:
            number = videos.number_of(np.asarray(Image.open(io.BytesIO(picture))))
        except OSError as error:
            raise NotAPicture(str(error)) from None
        found = tuple(self._face(name) for span, name in self._names.items() if number in span)
        return Recognition(faces=found, width=64, height=48, model="dlib")

    def _face(self, name: str) -> Face:
        box = Box(left=1, top=2, right=1 + self._size, bottom=2 + self._size)
        return Face(
            detected=DetectedFace(box=box, probability=0.99, landmarks=()),
            embedding=looks_like(name),
            identity=name,
            distance=0.3,
            similarity=0.9,
        )

    def name_frames(
        self, frames: Sequence[SeenFrame], options: RecogniseOptions, collection: str
    ) -> Sequence[SeenFrame]:
        self.asked.add((options.threshold, collection))
        return named_frames(frames, self._gallery, DecisionSettings())


def looks_like(name: str) -> np.ndarray:
    """One vector for each name."""
    vector = np.zeros(128, np.float32)
    vector[sum(name.encode()) % 128] = 1.0
    return vector


ANN_THEN_BO = ByNumber({range(23): "Ann", range(23, 30): "Bo"})


class Chain:
    """Both functions and S3."""

    def __init__(self, plan: FramePlan, recogniser: ByNumber = ANN_THEN_BO) -> None:
        self.objects = MemoryObjects()
        self.splitting = Splitting(
            plan=plan, stage_bucket=STAGE, output_bucket=OUT, names_bucket=NAMES, max_pixels=10_000
        )
        self._recogniser = recogniser

    def split(self, key: str, video: bytes, out_of_time: Callable[[], bool] = lambda: False) -> int:
        source = ObjectRef(bucket=IN, key=key)
        self.objects.put(source, video, "video/mp4", {})
        return split_video(source, self.objects, self.splitting, out_of_time)

    def recognise(self, key: str) -> str:
        source = ObjectRef(bucket=STAGE, key=key)
        return recognise_picture(source, self.objects, self._recogniser, OUT)

    def frames(self) -> list[str]:
        return [key for key in self.objects.keys(STAGE) if key.endswith(".jpg")]

    def output(self, key: str) -> dict[str, object]:
        return json.loads(self.objects.text(OUT, key))


@pytest.mark.parametrize("key", ODD_KEYS)
def test_by_default_the_first_frame_gives_the_name_alone(key: str) -> None:
    chain = Chain(FramePlan())
    name = key.rsplit(".", 1)[0] if "." in key else key

    assert chain.split(key, videos.shades(30)) == 1
    assert chain.objects.keys(STAGE) == [f"{name}.jpg"]
    assert chain.recognise(f"{name}.jpg") == "Ann"

    assert chain.objects.keys(OUT) == [f"{name}.txt"]
    assert chain.objects.text(OUT, f"{name}.txt") == "Ann"


@pytest.mark.parametrize("key", ODD_KEYS)
@pytest.mark.parametrize("seed", [0, 1])
def test_several_frames_are_answered_in_any_order_and_more_than_once(key: str, seed: int) -> None:
    chain = Chain(FramePlan(frames=6))
    name = key.rsplit(".", 1)[0] if "." in key else key
    assert chain.split(key, videos.shades(30)) == 6
    assert chain.frames() == [f"{name}/output-{n:02}.jpg" for n in range(6)]
    events = chain.frames() * 2
    random.Random(seed).shuffle(events)  # noqa: S311

    for frame in events:
        chain.recognise(frame)

    assert chain.objects.keys(OUT) == [f"{name}.json", f"{name}.txt"]
    assert chain.objects.text(OUT, f"{name}.txt") == "Ann"
    seen = chain.output(f"{name}.json")
    assert seen["video"] == key
    assert [person["name"] for person in seen["people"]] == ["Ann", "Bo"]
    assert seen["people"][0]["spans"] == [{"from_seconds": 0.0, "to_seconds": 2.0}]
    assert seen["people"][1]["frames"] == [5]
    assert seen["incomplete"] is None


def test_nothing_is_said_of_a_video_before_its_last_frame_is_answered() -> None:
    chain = Chain(FramePlan(frames=3))
    chain.split("v.mp4", videos.shades(30))

    for frame in chain.frames()[::-1]:
        assert chain.objects.keys(OUT) == []
        chain.recognise(frame)

    assert chain.objects.keys(OUT) == ["v.json", "v.txt"]


def kept(chain: Chain) -> list[str]:
    """What is kept of single frames, beside their pictures."""
    return [key for key in chain.objects.keys(STAGE) if not key.endswith(".jpg")]


def test_embeddings_are_kept_until_the_video_is_answered_and_no_longer() -> None:
    chain = Chain(FramePlan(frames=3))
    chain.split("v.mp4", videos.shades(30))
    first, second, third = chain.frames()
    chain.recognise(first)
    chain.recognise(second)
    assert len(kept(chain)) == 2
    assert all('"embedding": "' in chain.objects.text(STAGE, key) for key in kept(chain))

    chain.recognise(third)
    before = {key: chain.objects.text(OUT, key) for key in chain.objects.keys(OUT)}
    chain.recognise(second)  # delivered once more

    assert [key.rpartition("/")[2] for key in kept(chain)] == ["merged"]
    assert {key: chain.objects.text(OUT, key) for key in chain.objects.keys(OUT)} == before
    assert "embedding" not in before["v.json"]


def test_the_same_video_again_is_named_again() -> None:
    chain = Chain(FramePlan(frames=3), ByNumber({range(30): "Zoe"}))
    for names in ({range(30): "Zoe"}, {range(30): "Ann"}):
        chain._recogniser = ByNumber(names)
        chain.split("v.mp4", videos.shades(30))
        for frame in chain.frames():
            chain.recognise(frame)

    assert chain.objects.text(OUT, "v.txt") == "Ann"


def test_a_worker_that_finds_faces_being_deleted_leaves_the_result_alone() -> None:
    chain = Chain(FramePlan(frames=2))
    chain.split("v.mp4", videos.shades(30))
    first, last = chain.frames()
    chain.recognise(first)
    [faces] = kept(chain)
    real_list = chain.objects.list

    def listed_just_before(bucket: str, prefix: str) -> list[str]:
        found = real_list(bucket, prefix)
        chain.objects.delete(ObjectRef(bucket=STAGE, key=faces))
        return found

    chain.objects.list = listed_just_before  # type: ignore[method-assign]
    chain.recognise(last)

    assert chain.objects.keys(OUT) == []


def test_one_small_face_in_one_frame_names_nobody() -> None:
    chain = Chain(FramePlan(frames=6), ByNumber({range(9, 11): "Ann"}, size=37))
    chain.split("v.mp4", videos.shades(30))
    for frame in chain.frames():
        chain.recognise(frame)

    assert chain.objects.text(OUT, "v.txt") == "unknown"
    [face] = [face for frame in chain.output("v.json")["frames"] for face in frame["faces"]]  # type: ignore[attr-defined]
    assert face["not_named"] == "seen once, and too small to be sure (37 pixels)"


def test_another_video_of_the_same_name_is_not_mixed_with_the_first() -> None:
    chain = Chain(FramePlan(frames=3))
    chain.split("v.mp4", videos.shades(30))
    for frame in chain.frames():
        chain.recognise(frame)
    chain.split("v.mp4", videos.shades(60))  # frames 0, 20, 40: the last two show nobody

    chain.recognise("v/output-01.jpg")
    chain.recognise("v/output-02.jpg")
    assert len(chain.output("v.json")["people"]) == 1
    chain.recognise("v/output-00.jpg")

    assert [frame["seconds"] for frame in chain.output("v.json")["frames"]] == [0.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("video", "error"),
    [
        (b"", "EmptyVideo"),
        (b"these are just words " * 99, "NotAVideo"),
        (videos.sound(), "NoVideoTrack"),
        (videos.video_of([videos.shade(1, 160, 120)] * 3), "VideoTooLarge"),
    ],
)
@pytest.mark.parametrize("plan", [FramePlan(), FramePlan(frames=10)])
def test_a_video_that_cant_be_used_gives_a_named_error(
    video: bytes, error: str, plan: FramePlan
) -> None:
    chain = Chain(plan)

    assert chain.split("a/v.mp4", video) == 0

    assert chain.objects.keys(OUT) == ["a/v.error.json"]
    told = chain.output("a/v.error.json")
    assert (told["error"], told["source"]) == (error, "a/v.mp4")
    assert told["message"]


def test_a_video_that_is_gone_before_its_event_comes_is_told() -> None:
    chain = Chain(FramePlan())

    split_video(ObjectRef(bucket=IN, key="gone.mp4"), chain.objects, chain.splitting, lambda: False)

    assert chain.output("gone.error.json")["error"] == "ObjectMissing"


def test_a_good_video_takes_back_the_error_of_a_bad_one() -> None:
    chain = Chain(FramePlan())
    chain.split("v.mp4", b"")
    chain.split("v.mp4", videos.shades(3))
    chain.recognise("v.jpg")

    assert chain.objects.keys(OUT) == ["v.txt"]


def test_a_picture_of_the_stage_bucket_that_is_none_gives_a_named_error() -> None:
    chain = Chain(FramePlan())
    chain.objects.put(ObjectRef(bucket=STAGE, key="p.jpg"), b"words", "image/jpeg", {})

    assert chain.recognise("p.jpg") == "NotAPicture"
    assert chain.recognise("gone.jpg") == "ObjectMissing"

    assert chain.objects.keys(OUT) == ["gone.error.json", "p.error.json"]


def test_a_frame_that_can_not_be_read_does_not_keep_its_video_waiting() -> None:
    chain = Chain(FramePlan(frames=3))
    chain.split("v.mp4", videos.shades(30))
    middle = ObjectRef(bucket=STAGE, key="v/output-01.jpg")
    chain.objects.put(middle, b"words", "image/jpeg", chain.objects.get(middle).metadata)

    for frame in chain.frames():
        chain.recognise(frame)

    assert chain.objects.text(OUT, "v.txt") == "Ann"
    assert chain.output("v.json")["frames"][1]["error"]


def test_no_face_and_nobody_known_are_results() -> None:
    chain = Chain(FramePlan(frames=3), ByNumber({}))
    chain.split("v.mp4", videos.shades(30))
    for frame in chain.frames():
        chain.recognise(frame)

    assert chain.objects.text(OUT, "v.txt") == "no face"


def test_a_face_that_comes_later_is_found_with_several_frames() -> None:
    late = ByNumber({range(15, 30): "Bo"})
    first_only, several = Chain(FramePlan(), late), Chain(FramePlan(frames=3), late)
    for chain in (first_only, several):
        chain.split("v.mp4", videos.shades(30))
        for frame in chain.frames():
            chain.recognise(frame)

    assert first_only.objects.text(OUT, "v.txt") == "no face"
    assert several.objects.text(OUT, "v.txt") == "Bo"


def time_for(packets: int) -> Callable[[], bool]:
    left = packets

    def out_of_time() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    return out_of_time


def test_a_video_that_takes_too_long_gives_what_there_was_time_for() -> None:
    chain = Chain(FramePlan(interval_seconds=0.2))
    assert 1 <= chain.split("v.mp4", videos.shades(30), time_for(9)) < 10
    for frame in chain.frames():
        chain.recognise(frame)

    assert "no time" in str(chain.output("v.json")["incomplete"])


def test_no_time_at_all_is_a_named_error() -> None:
    chain = Chain(FramePlan(frames=3))

    assert chain.split("v.mp4", videos.shades(30), lambda: True) == 0
    assert chain.output("v.error.json")["error"] == "VideoTooSlow"


def test_damage_is_told_with_the_result() -> None:
    chain = Chain(FramePlan(frames=10))
    chain.split("v.mp4", videos.damaged_in_the_middle(videos.shades(100, key_frame_every=5)))
    for frame in chain.frames():
        chain.recognise(frame)

    assert chain.output("v.json")["damaged_parts"] > 0
    assert chain.objects.text(OUT, "v.txt") == "Ann"


def test_folders_and_our_own_notes_are_passed_over() -> None:
    chain = Chain(FramePlan())

    assert chain.split("folder/", b"") == 0
    assert chain.recognise("v/seen-1/00000.json") == "ignored"
    assert chain.objects.keys(OUT) == []
