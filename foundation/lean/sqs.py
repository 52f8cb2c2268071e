"""The calls of SQS that every message needs: JSON in, JSON out.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
The names in JSON are those of boto3's arguments and answers.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import SplitResult, urlsplit

from foundation.lean.direct import Direct, LeanClient, NotTaken, Request


class LeanSqs(LeanClient):
    """SQS, by the verbs of boto3's client."""

    def __init__(self, botocore_client: Any, direct: Direct) -> None:
        super().__init__(botocore_client, direct)
        endpoint = urlsplit(botocore_client.meta.endpoint_url)
        self._url = SplitResult(endpoint.scheme, endpoint.netloc, endpoint.path or "/", "", "")

    def send_message(self, **asked: Any) -> Any:
        return self._call("SendMessage", "send_message", asked)

    def receive_message(self, **asked: Any) -> Any:
        return self._call("ReceiveMessage", "receive_message", asked)

    def delete_message(self, **asked: Any) -> Any:
        return self._call("DeleteMessage", "delete_message", asked)

    def delete_message_batch(self, **asked: Any) -> Any:
        return self._call("DeleteMessageBatch", "delete_message_batch", asked)

    def change_message_visibility(self, **asked: Any) -> Any:
        return self._call("ChangeMessageVisibility", "change_message_visibility", asked)

    def _call(self, operation: str, verb: str, asked: dict[str, Any]) -> Any:
        def short() -> Any:
            return parsed(self._direct.call(self._request(operation, asked)).body)

        return self._tried(operation, short, lambda: getattr(self._botocore, verb)(**asked))

    def signed(self, operation: str, asked: dict[str, Any]) -> Request:
        """A call that somebody else sends. Raises NotTaken."""
        return self._direct.signed(self._request(operation, asked))

    def _request(self, operation: str, asked: dict[str, Any]) -> Request:
        try:
            body = json.dumps(asked).encode()
        except (TypeError, ValueError) as error:
            raise NotTaken(f"not for JSON: {error}") from None
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"AmazonSQS.{operation}",
        }
        return Request("POST", self._url, headers, body)


def parsed(body: bytes) -> dict[str, Any]:
    """An answer's JSON object; no body is an empty one. Raises NotTaken."""
    try:
        answer = json.loads(body or b"{}")
    except ValueError as error:
        raise NotTaken(f"not JSON: {error}") from None
    if not isinstance(answer, dict):
        raise NotTaken("not a JSON object")
    return answer
