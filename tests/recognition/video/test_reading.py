"""Frames of good, odd and hostile videos."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import psutil
import pytest

from recognition.video.display import Display, display_of
from recognition.video.errors import (
    EmptyVideo,
    NoFrames,
    NotAVideo,
    NoVideoTrack,
    VideoTooLarge,
    VideoTooSlow,
)
from recognition.video.opening import open_video
from recognition.video.plan import FramePlan
from recognition.video.reading import Video, VideoFrame
from tests.support import videos


def frames_of(data: bytes, plan: FramePlan | None = None) -> list[VideoFrame]:
    with open_video(io.BytesIO(data)) as video:
        return list(video.frames(plan or FramePlan()))


def numbers(frames: list[VideoFrame]) -> list[int]:
    return [videos.number_of(frame.picture) for frame in frames]


class CountingFile(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


@pytest.mark.parametrize(
    ("container", "codec"),
    [("mp4", "libx264"), ("matroska", "libx264"), ("webm", "libvpx"), ("avi", "mpeg4"),
     ("mpegts", "libx264"), ("mov", "libx264"), ("flv", "flv1")],
)  # fmt: skip
def test_frames_of_every_container(container: str, codec: str) -> None:
    found = frames_of(
        videos.shades(40, container=container, codec=codec), FramePlan(interval_seconds=1.0)
    )

    assert numbers(found) == pytest.approx([0, 10, 20, 30], abs=1)
    assert [frame.seconds for frame in found] == pytest.approx([0, 1, 2, 3], abs=0.11)


def test_the_first_frame_alone() -> None:
    assert numbers(frames_of(videos.shades(30))) == [0]


def test_frames_spread_evenly() -> None:
    found = frames_of(videos.shades(40), FramePlan(frames=4))

    assert numbers(found) == [0, 10, 20, 30]
    assert [frame.number for frame in found] == [0, 1, 2, 3]


def test_a_frame_between_two_key_frames_is_the_exact_one() -> None:
    found = frames_of(videos.shades(90, key_frame_every=30), FramePlan(interval_seconds=3.7))

    assert numbers(found) == [0, 37, 74]


def test_a_short_video_gives_fewer_frames_and_none_twice() -> None:
    assert numbers(frames_of(videos.shades(3), FramePlan(frames=10))) == [0, 1, 2]


def test_times_of_a_variable_frame_rate_are_those_of_the_frames() -> None:
    times = [0.0, 0.1, 0.2, 2.0, 2.1, 5.0, 5.1, 9.0, 9.1, 9.2, 9.3, 9.4, 9.5]
    video = videos.video_of((videos.shade(n) for n in range(13)), times=times)

    found = frames_of(video, FramePlan(interval_seconds=2.0))

    assert [frame.seconds for frame in found] == pytest.approx([0.0, 2.0, 5.0, 9.0])
    assert numbers(found) == pytest.approx([0, 3, 5, 7], abs=1)


def corner(picture: np.ndarray) -> str:
    """Where the bright corner is."""
    height, width = picture.shape[:2]
    rows = {"top": picture[: height // 4], "bottom": picture[-(height // 4) :]}
    for row, part in rows.items():
        if part[:, : width // 5].mean() > 180:
            return f"{row} left"
        if part[:, -(width // 5) :].mean() > 180:
            return f"{row} right"
    return "nowhere"


IDENTITY = bytes.fromhex("00010000 00000000 00000000 00000000 00010000 00000000")
ON_ITS_SIDE = bytes.fromhex("00000000 00010000 00000000 ffff0000 00000000 00000000")
"""The matrix of a track header as a telephone held upright writes it: to be shown turned by 90
degrees clockwise (ISO 14496-12, 8.3.2)."""


def test_a_video_of_a_telephone_is_upright() -> None:
    plain = videos.shades(3)
    header = plain.index(b"tkhd")
    turned = plain[:header] + plain[header:].replace(IDENTITY, ON_ITS_SIDE, 1)

    assert corner(frames_of(plain)[0].picture) == "top left"
    (frame,) = frames_of(turned)
    assert frame.picture.shape == (64, 48, 3)
    assert corner(frame.picture) == "top right"


MATRICES = {
    "as stored": ((1, 0, 0, 1), "top left"),
    "mirrored": ((-1, 0, 0, 1), "top right"),
    "upside down": ((-1, 0, 0, -1), "bottom right"),
    "flipped": ((1, 0, 0, -1), "bottom left"),
    "turned right": ((0, 1, -1, 0), "top right"),
    "turned left": ((0, -1, 1, 0), "bottom left"),
    "turned right and mirrored": ((0, 1, 1, 0), "top left"),
    "turned left and mirrored": ((0, -1, -1, 0), "bottom right"),
    "scaled": ((2, 0, 0, 2), "top left"),
    "nothing": ((0, 0, 0, 0), "top left"),
}
"""The numbers a, b, c, d of a display matrix, and where the bright corner is shown."""


@pytest.mark.parametrize("name", MATRICES)
def test_frames_are_shown_as_players_show_them(name: str) -> None:
    (a, b, c, d), where = MATRICES[name]
    numbers = (a, b, 0, c, d, 0)
    matrix = struct.pack(">6i", *(number * 0x10000 for number in numbers))
    plain = videos.shades(2)
    header = plain.index(b"tkhd")
    (frame,) = frames_of(plain[:header] + plain[header:].replace(IDENTITY, matrix, 1))

    assert frame.picture.shape == ((64, 48, 3) if b else (48, 64, 3))
    assert corner(frame.picture) == where


@pytest.mark.parametrize("size", [0, 8, 35])
def test_a_matrix_that_is_cut_short_says_nothing(size: int) -> None:
    assert display_of(bytes(size)) == Display()


def test_frames_that_say_they_are_huge_are_not_decoded() -> None:
    with pytest.raises(NoFrames):
        frames_of(videos.claiming(16_000, 16_000))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_every_quarter_turn_changes_the_shape_as_it_should(rotation: int) -> None:
    (frame,) = frames_of(videos.shades(2, rotation=rotation))

    assert frame.picture.shape == ((48, 64, 3) if rotation == 180 else (64, 48, 3))
    assert corner(frame.picture) != "top left"


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", EmptyVideo, "empty"),
        (b"no video at all, just words" * 50, NotAVideo, "not a video"),
        (videos.shades(20)[:200], NotAVideo, "not a video"),  # an upload that broke off
        (videos.sound(), NoVideoTrack, "no video track, only audio"),
    ],
)
def test_what_is_no_video_has_an_error_of_its_own(
    data: bytes, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        frames_of(data)


def test_a_playlist_can_not_make_us_read_files(tmp_path: Path) -> None:
    """FFmpeg would open what such a file names: files of this machine, addresses of its network."""
    target = tmp_path / "secret.ts"
    target.write_bytes(videos.shades(20, container="mpegts"))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{target}\n#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile {target}\n"

    for hostile in (playlist, concat):
        with pytest.raises(NotAVideo):
            frames_of(hostile.encode())


def test_damage_in_the_middle_costs_only_itself() -> None:
    video = videos.damaged_in_the_middle(videos.shades(100, key_frame_every=5))

    with open_video(io.BytesIO(video)) as opened:
        found = numbers(list(opened.frames(FramePlan(frames=10))))
        damaged = opened.damaged

    assert damaged > 0
    assert found[0] == 0
    assert found[-1] == 90  # what comes after the damage is there
    assert len(found) >= 7


def test_a_video_that_is_nothing_but_damage_says_so() -> None:
    video = videos.shades(30)
    start, end = video.index(b"mdat") + 4, video.index(b"moov") - 4
    zeroed = video[:start] + bytes(end - start) + video[end:]

    with pytest.raises(NoFrames, match="damaged"):
        frames_of(zeroed)


def test_a_frame_that_is_too_large_is_refused_before_it_is_decoded() -> None:
    with (
        pytest.raises(VideoTooLarge, match="megapixels"),
        open_video(io.BytesIO(videos.shades(2)), max_pixels=1000),
    ):
        pass


def test_no_time_left_ends_the_reading() -> None:
    with (
        open_video(io.BytesIO(videos.shades(20)), out_of_time=lambda: True) as video,
        pytest.raises(VideoTooSlow),
    ):
        next(video.frames(FramePlan()))


def test_only_what_is_needed_is_read_and_decoded() -> None:
    """The first frame, and then a late one, of a video with pictures that do not compress."""
    noise = np.random.default_rng(1).integers(0, 255, (200, 96, 128, 3), np.uint8)
    data = videos.video_of(noise, key_frame_every=10)
    source = CountingFile(data)

    with open_video(source) as video:
        found = list(video.frames(FramePlan(frames=2)))
        count = source.count

    assert [frame.seconds for frame in found] == pytest.approx([0.0, 10.0])
    assert count < len(data) / 3


def test_decoding_goes_on_where_no_key_frame_is_nearer() -> None:
    """One key frame for 60 frames: seeking would decode everything again for each."""
    decoded = 0

    def count() -> bool:
        nonlocal decoded
        decoded += 1
        return False

    data = videos.shades(60, key_frame_every=600)
    with open_video(io.BytesIO(data), out_of_time=count) as video:
        assert isinstance(video, Video)
        assert numbers(list(video.frames(FramePlan(frames=6)))) == [0, 10, 20, 30, 40, 50]
    assert decoded <= 62


def test_frames_that_were_read_leave_no_thread_and_no_memory_behind() -> None:
    """Each frame left two threads of the scaler and itself behind, until the limit on memory."""
    film = videos.video_of(videos.shade(number % 30, 800, 800) for number in range(90))
    process = psutil.Process()
    seen = []
    with open_video(io.BytesIO(film)) as video:
        for _ in video.frames(FramePlan(frames=90)):
            seen.append((process.num_threads(), process.memory_info().rss))

    assert len(seen) == 90
    assert seen[-1][0] == seen[29][0]
    assert seen[-1][1] - seen[29][1] < 30 * 2**20  # 60 frames of 0.96 MB would be 58
