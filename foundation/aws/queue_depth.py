"""How many messages a queue has, as SQS says: approximately."""

from dataclasses import dataclass
from typing import Final

from foundation import aws
from foundation.config import Settings

VISIBLE: Final = "ApproximateNumberOfMessages"
IN_FLIGHT: Final = "ApproximateNumberOfMessagesNotVisible"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """Messages that wait, and messages that somebody has in hand."""

    visible: int
    in_flight: int

    @property
    def total(self) -> int:
        """Messages that wait, and those in hand."""
        return self.visible + self.in_flight


def queue_depth(name: str, settings: Settings) -> QueueDepth:
    """One reading of a queue. Raises botocore's errors."""
    url = aws.queue_url(name, settings)
    answer = aws.client("sqs", settings).get_queue_attributes(
        QueueUrl=url, AttributeNames=[VISIBLE, IN_FLIGHT]
    )
    found = answer["Attributes"]
    return QueueDepth(visible=int(found[VISIBLE]), in_flight=int(found[IN_FLIGHT]))
