"""What the first start adds: an administrator, and a gallery with two sample people."""

import secrets
from collections.abc import Callable
from pathlib import Path

from django.contrib.auth import get_user_model

from faceweb.people.examples.enrolment import enrol
from foundation.aws.storage import gallery_files
from foundation.config import Settings
from localcloud.system.samples import write_samples
from recognition.enrolment.labelled_pictures import LabelledPicture

ADMINISTRATOR = "admin"
ENROL_PATIENCE_SECONDS = 120.0


def create_administrator() -> str | None:
    """Create a superuser where there is none. Returns the password, which is kept nowhere."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_superuser(ADMINISTRATOR, password=password)
    return password


def is_anybody_enrolled(settings: Settings) -> bool:
    """True where the default collection has a gallery."""
    return gallery_files(settings).version() is not None


def enrol_samples(settings: Settings, report: Callable[[str], None]) -> dict[Path, str]:
    """Write the sample pictures, and enrol them where nobody is enrolled yet. Returns who is on
    each."""
    samples = write_samples(settings.var_dir / "samples")
    if not is_anybody_enrolled(settings):
        report("Enrolling the two sample people")
        pictures = [LabelledPicture(path=path, person=name) for path, name in samples.items()]
        enrol(pictures, settings, lambda *_: None, ENROL_PATIENCE_SECONDS)
    return samples
