"""How long a request that is in work is hidden from other workers."""

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import aws
from foundation.config import get_settings

log = structlog.get_logger()

HAND_BACK_SECONDS = 1
"""A task whose process died is hidden so long: other workers may try it, without a hot loop."""

BEATS_PER_TIMEOUT = 3
"""How often a message is hidden again within one visibility timeout: two of three may fail."""


def hand_back(receipt_handle: str) -> None:
    """Show a message to other workers in a moment. If that fails, its visibility timeout will."""
    _hide(receipt_handle, HAND_BACK_SECONDS, "not_handed_back")


def keep_hidden(receipt_handle: str) -> bool:
    """Hide a message that is in work for one more visibility timeout from now. Whether it is."""
    return _hide(receipt_handle, get_settings().visibility_timeout_seconds, "not_kept_hidden")


def _hide(receipt_handle: str, seconds: int, otherwise: str) -> bool:
    settings = get_settings()
    try:
        aws.client("sqs", settings).change_message_visibility(
            QueueUrl=aws.queue_url(settings.request_queue, settings),
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=seconds,
        )
    except (BotoCoreError, ClientError) as error:
        log.warning(otherwise, error=str(error))
        return False
    return True
