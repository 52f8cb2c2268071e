"""Messages that are done are taken off their queue, several by one call."""

from collections.abc import Sequence

import structlog

from foundation import aws
from foundation.config import Settings

log = structlog.get_logger()


def delete_messages(url: str, receipts: Sequence[str], settings: Settings) -> None:
    """Take up to ten messages off a queue for good; what SQS keeps comes again. Raises botocore's
    errors."""
    answer = aws.client("sqs", settings).delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": str(at), "ReceiptHandle": one} for at, one in enumerate(receipts)],
    )
    if failed := answer.get("Failed"):
        log.warning("not_deleted", messages=len(failed), error=str(failed[0])[:300])
