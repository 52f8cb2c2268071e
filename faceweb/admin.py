"""The Django admin: Django looks for it here; its rooms are in `faceweb.administration`."""

from faceweb.administration.tables import (
    access,
    collections,
    dead_letters,
    jobs,
    people,
    videos,
    webhooks,
)
