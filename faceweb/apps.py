"""The web tier as a Django app."""

from django.apps import AppConfig


class FacewebConfig(AppConfig):
    name = "faceweb"
    verbose_name = "Pictures, people and keys"

    def ready(self) -> None:
        """Register the system checks, and the audit of logins."""
        from faceweb import checks  # noqa: F401 - registers the system checks
        from faceweb.access import login_audit  # noqa: F401
