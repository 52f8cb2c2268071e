"""After the emulator's queues are lost, videos without a result get an event again."""

from __future__ import annotations

import json

from foundation import aws
from foundation.aws.provisioning import provision
from foundation.config import Settings
from localcloud.lambda_host.event_source import s3_event, unanswered_videos
from workers.lambdas.events import deliveries
from workers.videos.naming import claimed_name
from workers.videos.objects import S3Objects


def test_the_answer_of_another_video_is_no_answer(cloud_settings: Settings) -> None:
    provision(cloud_settings)
    s3, objects = aws.client("s3", cloud_settings), S3Objects(cloud_settings)
    for key in ("v.mp4", "v.mov", "w.mp4"):
        s3.put_object(Bucket=cloud_settings.video_input_bucket, Key=key, Body=b"video")
        claimed_name(key, objects, cloud_settings.gallery_bucket)
    for key in ("v.txt", "w.error.json"):
        s3.put_object(Bucket=cloud_settings.video_output_bucket, Key=key, Body=b"Ann")

    events = [json.loads(event) for event in unanswered_videos(cloud_settings)]

    assert [ref.key for e in events for d in deliveries(e) for ref in d.objects] == ["v.mov"]
    assert deliveries(json.loads(s3_event("b", "Zoë/1+1 a.mov")))[0].objects[0].key == (
        "Zoë/1+1 a.mov"
    )
