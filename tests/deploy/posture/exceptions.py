"""What checkov finds fault with, and why it is so all the same."""

from __future__ import annotations

REASONS = {
    "CKV_AWS_111": "Session Manager's channels are no resources; only ShellAccess=yes adds them",
    "CKV_AWS_115": "LambdaConcurrency sets it; by default the account's own limit is the bound",
    "CKV_AWS_116": "failures go to a queue by EventInvokeConfig, which also has the event's answer",
    "CKV_AWS_117": "the functions call S3 and SQS alone, and hold nothing of a network",
    "CKV_AWS_118": "CloudWatch's own figures of RDS are enough to see a full or slow database",
    "CKV_AWS_136": "ECR's own key encrypts; the functions' image holds no secret",
    "CKV_AWS_158": "CloudWatch encrypts by its own key; logs name nobody",
    "CKV_AWS_161": "a password of 256 bits, only in SSM; a role's token would end each 15 minutes",
    "CKV_AWS_173": "the variables are names and limits, no secrets",
    "CKV_AWS_18": "the web tier has an audit log; one of each object read costs more than it tells",
    "CKV_AWS_21": "old versions would keep the faces of people who were erased",
    "CKV_AWS_26": "alarms name queues and numbers, and a mail is not encrypted either",
    "CKV_AWS_260": "port 80 has the certificate's challenge and the redirect to HTTPS alone",
    "CKV_AWS_27": "SQS's own key encrypts (SqsManagedSseEnabled), which this check does not know",
    "CKV_AWS_91": "the web tier logs each picture that it takes, and its audit log has who asked",
}
"""Check -> reason. `make posture` fails for a check that is not here, and for one that holds."""

NOT_IN_THE_REFERENCE = {
    "AskForSpot: ec2:RunInstances is on none of "
    "['arn:aws:ec2:us-east-1:123456789012:spot-instances-request/*']": (
        "EC2 makes a request of this kind for each spot instance; only AWS can show the need"
    ),
}
"""Permissions that AWS's reference does not know -> reason."""
