"""What the policies allow and no system test makes anybody call, each with its reason."""

from __future__ import annotations

BY_LAMBDA = "the Lambda service does it with the function's role, not our code"

UNRECORDED: dict[tuple[str, str, str, str], str] = {
    ("web", "HideAndForgetDeadLetters", "sqs:DeleteMessage", "faceweb-dead-letter-queue"): (
        "an administrator resolves a dead letter; faceweb/replies/test_sweep.py does so in memory"
    ),
    ("web", "StoreVideos", "s3:AbortMultipartUpload", "faceweb-input/*"): (
        "boto3 does so when an upload fails"
    ),
    ("web", "ReadSettings", "ssm:GetParametersByPath", "parameter/faceweb/web*"): (
        "faceweb-settings.service; the app tier's is recorded, by the same code"
    ),
    ("web", "AskForSpot", "ec2:RunInstances", "spot-instances-request/*"): (
        "the emulator's launches are recorded on demand"
    ),
    **{
        (role, "WriteAnswersAndLargeReplies", "s3:PutObject", "faceweb-gallery/replies/*"): (
            "a reply that is larger than MAX_MESSAGE_BYTES; faceweb/replies/test_large_replies.py"
        )
        for role in ("app", "face-burst")
    },
    ("app", "SeeWhichFramesAreThere", "s3:ListBucket", "faceweb-input"): (
        "a video that is deleted before its task comes"
    ),
    ("video-splitting", "SeeWhatIsMissing", "s3:ListBucket", "faceweb-input"): (
        "a video that is deleted before its event comes"
    ),
    ("video-splitting", "ClaimNames", "s3:GetObject", "faceweb-gallery/video-names/*"): (
        "a name that is claimed already (workers/videos/naming.py), so two videos of one name"
    ),
    ("face-burst", "SeeWhatIsMissing", "s3:ListBucket", "faceweb-gallery"): (
        "a gallery before its first person"
    ),
    ("face-recognition", "SeeWhatIsMissing", "s3:ListBucket", "faceweb-gallery"): (
        "a gallery before its first person"
    ),
    **{
        ("face-burst", "WriteLogs", action, "log-group:/aws/lambda/faceweb-face-burst:*"): BY_LAMBDA
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
    **{
        ("web", "OpenAShell", action, "*"): "Session Manager's agent does it, not our code"
        for action in (
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        )
    },
    **{
        (function, statement, action, resource.format(function)): BY_LAMBDA
        for function in ("video-splitting", "face-recognition")
        for statement, action, resource in (
            ("WriteLogs", "logs:CreateLogStream", "log-group:/aws/lambda/faceweb-{}:*"),
            ("WriteLogs", "logs:PutLogEvents", "log-group:/aws/lambda/faceweb-{}:*"),
            ("GiveUp", "sqs:SendMessage", "faceweb-video-dead-letter-queue"),
        )
    },
}
"""(role, statement, action, resource) -> why it is needed all the same."""
