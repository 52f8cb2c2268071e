"""Which model made the configured gallery, without reading anybody's embeddings."""

from foundation.aws.storage import gallery_files
from foundation.config import Settings
from recognition.gallery.gallery_files import MANIFEST
from recognition.gallery.gallery_manifest import decode_manifest


def gallery_model(settings: Settings) -> str | None:
    """The gallery's model, or None where there is no gallery. Raises GalleryError."""
    manifest = gallery_files(settings).read(MANIFEST)
    return None if manifest is None else decode_manifest(manifest).model
