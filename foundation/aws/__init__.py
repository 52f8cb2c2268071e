"""The one place that makes boto3 clients.

A client is shared by the threads of a process, never across a fork. A pool child that wrote to its
parent's sockets would read somebody else's answers.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Literal, cast, overload

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from foundation.aws import typed
from foundation.config import Settings

_lock = threading.RLock()
_clients: dict[tuple[int, str, str, str | None], object] = {}
_sessions: dict[tuple[int, str, str | None], boto3.Session] = {}

# Long polls last up to 20 s, so a read may take a little longer than that.
CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,
)
ASKED_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
"""Who invokes a function decides again in a moment, and must not wait for this one."""
BUCKETS_IN_PATHS = CLIENT_CONFIG.merge(Config(s3={"addressing_style": "path"}))
"""Another AWS, such as an emulator, has no host name for each bucket."""


@overload
def client(service: Literal["autoscaling"], settings: Settings) -> typed.AutoScalingClient: ...
@overload
def client(
    service: Literal["cloudformation"], settings: Settings
) -> typed.CloudFormationClient: ...
@overload
def client(service: Literal["cloudwatch"], settings: Settings) -> typed.CloudWatchClient: ...
@overload
def client(service: Literal["ec2"], settings: Settings) -> typed.EC2Client: ...
@overload
def client(service: Literal["iam"], settings: Settings) -> typed.IAMClient: ...
@overload
def client(service: Literal["lambda"], settings: Settings) -> typed.LambdaClient: ...
@overload
def client(service: Literal["logs"], settings: Settings) -> typed.CloudWatchLogsClient: ...
@overload
def client(service: Literal["rds"], settings: Settings) -> typed.RDSClient: ...
@overload
def client(service: Literal["s3"], settings: Settings) -> typed.S3Client: ...
@overload
def client(service: Literal["service-quotas"], settings: Settings) -> typed.ServiceQuotasClient: ...
@overload
def client(service: Literal["sqs"], settings: Settings) -> typed.SQSClient: ...
@overload
def client(service: Literal["ssm"], settings: Settings) -> typed.SSMClient: ...
@overload
def client(service: Literal["sts"], settings: Settings) -> typed.STSClient: ...
def client(service: str, settings: Settings) -> object:
    """This process's client of an AWS service ("s3", "sqs", "ec2", ...).

    Credentials come from boto3's own chain (environment, profile, instance role).
    """
    key = (os.getpid(), service, settings.aws_region, settings.aws_endpoint_url)
    with _lock:
        if key not in _clients:
            shared = session(settings)
            config = BUCKETS_IN_PATHS if settings.aws_endpoint_url else CLIENT_CONFIG
            if service == "lambda":
                config = config.merge(ASKED_ONCE)
            made: object = shared.client(  # type: ignore[call-overload]
                service, endpoint_url=settings.aws_endpoint_url, config=config
            )
            if service == "sqs" and not settings.aws_by_boto3:
                made = _quicker(cast(typed.SQSClient, made), shared)
            _clients[key] = made
        return _clients[key]


def session(settings: Settings) -> boto3.Session:
    """What all clients of this process share: each session reads botocore's tables again, 40 ms."""
    key = (os.getpid(), settings.aws_region, settings.aws_endpoint_url)
    with _lock:
        if key not in _sessions:
            _sessions[key] = boto3.Session(region_name=settings.aws_region)
        return _sessions[key]


def _quicker(sqs: typed.SQSClient, shared: boto3.Session) -> object:
    from foundation.aws.sqs_calls import SqsClient

    return SqsClient(sqs, shared.get_credentials())


def filters(wanted: Mapping[str, Sequence[str]]) -> list[typed.FilterTypeDef]:
    """The filters of EC2's descriptions: for each name the values that match."""
    return [{"Name": name, "Values": values} for name, values in wanted.items()]


THROTTLED = frozenset(
    [
        "RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled",
        "RequestThrottledException", "SlowDown",
    ]
)  # fmt: skip
"""The call was one too many. The next look asks again, and nothing else changes."""

EXPIRED = frozenset(
    [
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
        "UnrecognizedClientException", "AuthFailure",
    ]
)  # fmt: skip
"""The credentials are not valid, or not any more."""

WRONGLY_SIGNED = frozenset(
    ["SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed", "RequestExpired"]
)
"""The secret key is wrong, or else the clock: AWS often names both by the same code."""


def error_code(error: ClientError) -> str:
    """The code by which AWS names an error; empty where it gives none."""
    return str(error.response.get("Error", {}).get("Code", ""))


_queue_urls: dict[tuple[str, str, str | None], str] = {}


def queue_url(name: str, settings: Settings) -> str:
    """A queue's URL, asked once for each process and endpoint."""
    key = (name, settings.aws_region, settings.aws_endpoint_url)
    if key not in _queue_urls:
        _queue_urls[key] = client("sqs", settings).get_queue_url(QueueName=name)["QueueUrl"]
    return _queue_urls[key]


def forget_queue_urls() -> None:
    """Ask for every queue's URL again: after an emulator has gone, for tests."""
    _queue_urls.clear()
