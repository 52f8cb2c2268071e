"""All that is looked at, in order: what stands on something comes after it."""

from collections.abc import Iterator

from faces.django_side import django_ready
from faces.doctor import machine, services, state
from faces.doctor.finding import Finding, problem


def examine() -> Iterator[Finding]:
    """Look at one thing after the other. Checks that need a sound configuration come last."""
    yield machine.python()
    yield machine.packages(machine.pinned_packages())
    yield machine.clock()
    try:
        from foundation.config import ConfigurationError, get_settings
    except ImportError as error:
        yield problem("program", str(error), "run `make setup`")
        return
    try:
        get_settings()
    except ConfigurationError as error:
        for line in str(error).splitlines():
            yield problem("settings", line, "change that variable, or unset it")
        return
    yield from _with_settings()


def _with_settings() -> Iterator[Finding]:
    from botocore.exceptions import BotoCoreError, ClientError

    from foundation.local_state.running_system import recorded_system
    from recognition.errors import GalleryError
    from workers.gallery_model import gallery_model

    with django_ready() as settings:
        recorded = recorded_system(settings.var_dir)
        yield state.folder(settings.var_dir)
        yield state.disk(settings.var_dir)
        yield from state.database(settings)
        yield services.port(settings, recorded)
        of_gallery = None
        if recorded or settings.aws_endpoint_url:
            yield from services.parts(settings)
            try:
                of_gallery = gallery_model(settings)
            except GalleryError as error:
                yield problem("gallery", str(error), "restore a backup: faces restore FILE")
            except (BotoCoreError, ClientError):
                pass  # said above: the gallery's bucket does not answer
        yield state.model(settings, of_gallery)
        yield state.engine(settings)
