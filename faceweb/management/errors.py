"""Errors of commands, for people: one sentence and what to do, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError

from faceweb.collections.reach import NoSuchCollection
from faceweb.replies.leases import LeaseTaken
from recognition.errors import RecognitionError, in_words


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn what a command's work may raise into a CommandError that says what to do."""
    try:
        yield
    except (LeaseTaken, NoSuchCollection, RecognitionError, OSError) as error:
        raise CommandError(in_words(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"Queues and buckets can't be reached ({error}). Start the system (make run) and run "
            "this beside it, or name another with AWS_ENDPOINT_URL and AWS credentials."
        ) from None
    except (OperationalError, ProgrammingError) as error:
        raise CommandError(
            f"The database can't be used ({error}). Is it running, and was manage.py migrate run?"
        ) from None
    except KeyboardInterrupt:
        raise CommandError("Interrupted; nothing was changed.") from None
