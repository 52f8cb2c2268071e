"""The gallery as it is now, for pages and API: opened again only when it has changed.

The manifest of 100,000 people takes most of a second to read; asking whether it has changed takes
one short request.
"""

from collections import OrderedDict

from recognition.gallery.gallery import Gallery, GalleryFiles

_opened: OrderedDict[str, Gallery] = OrderedDict()
MOST_OPENED = 32


def opened_gallery(files: GalleryFiles) -> Gallery | None:
    """Raises GalleryError, botocore's errors. Files that have no `place` are always read."""
    place = getattr(files, "place", None)
    if place is None:
        return Gallery.open(files)
    kept = _opened.get(place)
    if kept is not None and kept.version is not None and kept.version == files.version():
        return kept
    gallery = Gallery.open(files)
    if gallery is None:
        _opened.pop(place, None)
    else:
        _opened[place] = gallery
        _opened.move_to_end(place)
        while len(_opened) > MOST_OPENED:
            _opened.pop(next(iter(_opened)), None)
    return gallery
