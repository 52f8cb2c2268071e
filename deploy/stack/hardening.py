"""The properties that all buckets and queues of the stack share: encrypted, private, by TLS alone.
Pure."""

from typing import Any

Document = dict[str, Any]
"""A part of a CloudFormation template: names, and values of any kind."""

ENCRYPTED_AND_PRIVATE = {
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        ]
    },
    "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    },
}
BROKEN_UPLOADS = {
    "Id": "forget-broken-uploads",
    "Status": "Enabled",
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
KEPT = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain"}
"""A replaced one stays. A stack's deletion takes it: CloudFormation refuses buckets with objects,
and a first attempt that fails must leave no names behind."""


def hardened(resources: Document) -> Document:
    """The resources, with what each bucket and queue needs added to it."""
    found: Document = {}
    for name, resource in resources.items():
        match resource["Type"]:
            case "AWS::S3::Bucket":
                found[name] = {**resource, **KEPT, "Properties": _bucket(resource["Properties"])}
                found[f"{name}OverTlsOnly"] = _bucket_policy(name)
            case "AWS::SQS::Queue":
                properties = {**resource["Properties"], "SqsManagedSseEnabled": True}
                found[name] = {**resource, **KEPT, "Properties": properties}
                found[f"{name}OverTlsOnly"] = _queue_policy(name)
            case _:
                found[name] = resource
    return found


def _bucket(properties: Document) -> Document:
    rules = [BROKEN_UPLOADS, *properties.get("LifecycleConfiguration", ())]
    return {**properties, **ENCRYPTED_AND_PRIVATE, "LifecycleConfiguration": {"Rules": rules}}


def _bucket_policy(name: str) -> Document:
    arn = {"Fn::GetAtt": [name, "Arn"]}
    document = _over_tls_only("s3:*", [arn, {"Fn::Sub": f"${{{name}.Arn}}/*"}])
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": name}, "PolicyDocument": document},
    }


def _queue_policy(name: str) -> Document:
    document = _over_tls_only("sqs:*", {"Fn::GetAtt": [name, "Arn"]})
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": name}], "PolicyDocument": document},
    }


def _over_tls_only(action: str, resource: object) -> list[Document]:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return [statement]
