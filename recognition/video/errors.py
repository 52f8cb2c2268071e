"""Why a video can't be used; the message is for its sender."""

from recognition.errors import RecognitionError


class VideoError(RecognitionError):
    """The video can't be used."""


class EmptyVideo(VideoError):
    """A file of no bytes."""


class NotAVideo(VideoError):
    """The bytes are no video of a format that is taken."""


class NoVideoTrack(VideoError):
    """There is sound, but nothing to see."""


class NoFrames(VideoError):
    """There is a video track, but not one frame of it can be decoded."""


class VideoTooLarge(VideoError):
    """More pixels in a frame than the limits allow."""


class VideoTooSlow(VideoError):
    """The time that there was is over."""
