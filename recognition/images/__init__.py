"""Pictures as they come: their headers (`check`) and their pixels (`decode`), within limits.

The bytes are hostile. `containers` reads headers in Python and takes a file's metadata away. Pillow
and FFmpeg see what is left, and only where the header's cost keeps the limits.
"""

from recognition.images.decoding import check, decode
from recognition.images.formats import begins_like_a_picture
from recognition.images.limits import PictureInfo, PictureLimits

__all__ = ["PictureInfo", "PictureLimits", "begins_like_a_picture", "check", "decode"]
