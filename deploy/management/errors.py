"""Errors of the commands that work on AWS, in words."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)
from django.core.management.base import CommandError

from deploy.stack.cloudformation import StackFailed
from deploy.stack.emptying import StillThere
from deploy.stack.preflight import NotReady
from deploy.stack.template import ParameterRefused
from foundation.aws import EXPIRED, THROTTLED, WRONGLY_SIGNED, error_code

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
ENCODED = "Encoded authorization failure message"
"""After it EC2 writes hundreds of letters that only `aws sts` can read."""


@contextmanager
def translate_errors(when_interrupted: str) -> Iterator[None]:
    """Turn what may go wrong on AWS into one sentence that says what to do."""
    try:
        yield
    except (NotReady, ParameterRefused, StackFailed, StillThere, OSError) as error:
        raise CommandError(str(error)) from None
    except NoCredentialsError:
        raise CommandError(
            "There are no AWS credentials: run `aws configure`, or set AWS_PROFILE or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from None
    except NoRegionError:
        raise CommandError("There is no region: set AWS_REGION.") from None
    except EndpointConnectionError as error:
        raise CommandError(f"AWS can't be reached: {error}") from None
    except (BotoCoreError, ClientError) as error:
        raise CommandError(_in_words(error)) from None
    except KeyboardInterrupt:
        raise CommandError(when_interrupted) from None


def _in_words(error: BotoCoreError | ClientError) -> str:
    if not isinstance(error, ClientError):
        return f"AWS did not answer as it should: {error}"
    code, operation = error_code(error), error.operation_name
    message = error.response["Error"].get("Message", "").partition(ENCODED)[0].strip()
    if code in DENIED:
        return f"These credentials may not {operation}: {message}"
    if code in EXPIRED:
        return f"These credentials are not valid (any more): {message}"
    if code in WRONGLY_SIGNED:
        return f"AWS does not take the signature. Are the clock and the secret key right? {message}"
    if code in THROTTLED:
        return f"AWS was asked too often ({operation}). Run the same command again in a minute."
    return f"AWS refused {operation}: {message or code}"
