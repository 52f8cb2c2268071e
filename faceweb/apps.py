"""The web tier as a Django app."""

from django.apps import AppConfig


class FacewebConfig(AppConfig):
    name = "faceweb"
    verbose_name = "Face recognition"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from faceweb import access_admin, checks  # noqa: F401 - registers admin and system checks
