"""What the policies allow and no system test makes anybody call, each with its reason."""

from __future__ import annotations

BY_LAMBDA = "the Lambda service does it with the function's role, not our code"

UNRECORDED: dict[tuple[str, str, str], str] = {
    ("web", "ForgetDeadLetters", "sqs:DeleteMessage"): (
        "an administrator resolves a dead letter; tests/faceweb/test_sweep.py does so in memory"
    ),
    ("web", "StoreVideos", "s3:GetObject"): (
        "a video whose event was lost is copied onto itself (faceweb/videos/sending.py)"
    ),
    ("web", "StoreVideos", "s3:AbortMultipartUpload"): "boto3 does so when an upload fails",
    ("web", "ReadSettings", "ssm:GetParametersByPath"): (
        "faceweb-settings.service; the app tier's is recorded, by the same code"
    ),
    ("web", "AskForSpot", "ec2:RunInstances"): "the emulator's launches are recorded on demand",
    ("video-splitting", "SeeWhatIsMissing", "s3:ListBucket"): (
        "a video that is deleted before its event comes"
    ),
    ("video-splitting", "ClaimNames", "s3:GetObject"): (
        "a name that is claimed already (workers/lambdas/naming.py), so two videos of one name"
    ),
    **{
        (function, statement, action): BY_LAMBDA
        for function in ("video-splitting", "face-recognition")
        for statement, action in (
            ("WriteLogs", "logs:CreateLogStream"),
            ("WriteLogs", "logs:PutLogEvents"),
            ("GiveUp", "sqs:SendMessage"),
        )
    },
}
"""(role, statement, action) -> why it is needed all the same."""
