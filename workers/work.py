"""The work of each task of the app tier: its arguments in, the text of its reply out.

`TASKS` has a function for each task's name. It knows no Celery: an app instance calls it through
`workers.tasks`, a Lambda function through `workers.queue.consuming`.
"""

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import messages
from foundation.aws.storage import gallery_bucket, in_bucket, out_bucket
from foundation.collections import collection_of_key
from foundation.config import Settings, get_settings
from foundation.errors import ComesAgain
from foundation.fleet.identity import instance_id, worker_name
from foundation.messages import Reply
from recognition.detection.quality import QualityFilter
from recognition.types import NO_FACE, Face, Recognition
from workers import runtime, verifying

log = structlog.get_logger()


def recognised(
    job_id: str,
    input_key: str,
    options: dict[str, object] | None = None,
    output_key: str | None = None,  # noqa: ARG001 - follows from the other, and was asked for
) -> str:
    """Name the faces of one picture of the in-bucket, and write the answer to the out-bucket."""
    settings = get_settings()
    wanted = messages.decode_options(options)

    def work() -> Reply:
        picture = in_bucket(settings).get(input_key)
        before = time.process_time()
        seen = runtime.current(settings).recognise(picture, wanted, collection_of_key(input_key))
        seen = _limited(seen, wanted)
        cpu_milliseconds = (time.process_time() - before) * 1000.0
        key = messages.answer_key(input_key)
        out_bucket(settings).put(key, seen.answer.encode(), "text/plain; charset=utf-8")
        reply = _reply(job_id, seen, settings, embeddings=bool(wanted.embeddings))
        stages = {**reply.stage_milliseconds, messages.CPU_STAGE: round(cpu_milliseconds, 2)}
        return replace(reply, stage_milliseconds=stages)

    return _run(job_id, work)


def embedded(
    job_id: str,
    input_key: str,
    model: str | None = None,
    candidates: int | None = None,
    quality: QualityFilter | None = None,
) -> str:
    """Embed the faces of one picture of the gallery bucket, for an enrolment, and say which people
    of the gallery they are near to.

    With `model`, for manage.py changemodel, embed by that one, whose faces are near nobody yet.
    """
    settings, wanted = get_settings(), messages.decode_options({"candidates": candidates})

    def work() -> Reply:
        if model:
            return _reply(job_id, _embedded(input_key, settings, model), settings)
        picture = gallery_bucket(settings).get(input_key)
        seen = runtime.current(settings).embed_to_enrol(
            picture, collection_of_key(input_key), wanted, quality
        )
        return _reply(job_id, seen, settings)

    return _run(job_id, work)


def detected(job_id: str, input_key: str, options: dict[str, object] | None = None) -> str:
    """Find the faces of one picture of the gallery bucket, and say nothing about who they are."""
    settings, wanted = get_settings(), messages.decode_options(options)

    def work() -> Reply:
        seen = _limited(_embedded(input_key, settings), wanted)
        reply = _reply(job_id, seen, settings)
        count = len(reply.faces)
        return replace(
            reply,
            answer="no face" if count == 0 else "1 face" if count == 1 else f"{count} faces",
            faces=reply.faces if wanted.embeddings else _without_embeddings(reply.faces),
        )

    return _run(job_id, work)


def verified(
    job_id: str, input_key: str, other_key: str, options: dict[str, object] | None = None
) -> str:
    """Say whether two faces of two pictures of the gallery bucket are of one person.

    The reply has the first picture's face, then the second's with the distance between them, or
    each of the second's. It has none, and says why, where a picture has no such face.
    """
    settings, wanted = get_settings(), messages.decode_verify_options(options)

    def work() -> Reply:
        first, second = (_embedded(key, settings) for key in (input_key, other_key))
        reply = _reply(job_id, first, settings)
        compare = partial(
            runtime.current(settings).compare, collection=collection_of_key(input_key)
        )
        found = verifying.compared(first.faces, second.faces, wanted, compare)
        if isinstance(found, str):
            return replace(
                reply, answer=NO_FACE, faces=(), error_kind=messages.NO_SUCH_FACE, error=found
            )
        faces = tuple(_face_reply(face, embedding=True) for face in found)
        answer = messages.SAME if any(face.identity for face in found[1:]) else messages.DIFFERENT
        kept = faces if wanted.embeddings else _without_embeddings(faces)
        return replace(reply, answer=answer, faces=kept[: messages.MOST_FACES])

    return _run(job_id, work)


def searched(job_id: str, input_key: str, options: dict[str, object] | None = None) -> str:
    """Say which people of its collection an example is near to. The key names both, and no
    object."""
    settings, wanted = get_settings(), messages.decode_options(options)

    def work() -> Reply:
        *_, person_id, example = input_key.split("/")
        collection = collection_of_key(input_key)
        seen = runtime.current(settings).search(person_id, example, collection, wanted)
        reply = _reply(job_id, seen, settings)
        return replace(reply, faces=_without_embeddings(reply.faces))

    return _run(job_id, work)


def nothing_done(job_id: str) -> str:
    """Do nothing and reply: what the path around the recogniser costs."""
    return messages.encode_reply(messages.Reply(job_id=uuid.UUID(job_id), state=messages.SUCCEEDED))


TASKS: dict[str, Callable[..., str]] = {
    messages.RECOGNISE_TASK: recognised,
    messages.EMBED_TASK: embedded,
    messages.DETECT_TASK: detected,
    messages.VERIFY_TASK: verified,
    messages.SEARCH_TASK: searched,
    messages.NOOP_TASK: nothing_done,
}
"""What is done for each task's name."""


def _embedded(key: str, settings: Settings, model: str | None = None) -> Recognition:
    picture = gallery_bucket(settings).get(key)
    return runtime.current(settings).embed(picture, model, collection_of_key(key))


def _run(job_id: str, work: Callable[[], Reply]) -> str:
    """Do the work of one job, timed and logged.

    AWS may do later what it refuses now, so the task goes back to the queue. After
    MAX_RECEIVE_COUNT deliveries it goes to the dead-letter queue. Other errors are the reply.
    """
    started = time.time()
    try:
        reply = replace(work(), started_at=started, finished_at=time.time())
    except (BotoCoreError, ClientError) as error:
        log.warning("job_put_back", job_id=job_id, error=str(error))
        raise ComesAgain(str(error)) from error
    log.info(
        "job_done",
        job_id=job_id,
        faces=len(reply.faces),
        seconds=round(time.time() - started, 3),
        **{f"{name}_ms": round(took, 1) for name, took in reply.stage_milliseconds.items()},
    )
    return messages.encode_reply(reply)


def _limited(seen: Recognition, wanted: messages.RecogniseOptions) -> Recognition:
    """Only as many faces as were asked for. The picture's own face comes first."""
    return replace(seen, faces=seen.faces[: wanted.most_faces])


def _without_embeddings(faces: Iterable[messages.FaceReply]) -> tuple[messages.FaceReply, ...]:
    return tuple(replace(face, embedding=None) for face in faces)


def _reply(
    job_id: str, seen: Recognition, settings: Settings, *, embeddings: bool = False
) -> Reply:
    return Reply(
        job_id=uuid.UUID(job_id),
        state=messages.SUCCEEDED,
        answer=seen.answer,
        faces=tuple(
            _face_reply(face, embedding=embeddings) for face in seen.faces[: messages.MOST_FACES]
        ),
        width=seen.width,
        height=seen.height,
        model=seen.model,
        gallery_version=seen.gallery_version or "",
        instance_id=instance_id(settings),
        worker=worker_name(),
        stage_milliseconds={k: round(v, 2) for k, v in seen.stage_milliseconds.items()},
    )


def _face_reply(face: Face, *, embedding: bool) -> messages.FaceReply:
    """`embedding` keeps it also of a face that has a name; a nameless one always carries it."""
    keeps = embedding or not face.identity
    box, quality = face.detected.box, face.quality
    return messages.FaceReply(
        box=(box.left, box.top, box.right, box.bottom),
        probability=face.detected.probability,
        landmarks=face.detected.landmarks,
        identity=face.identity,
        person_id=face.person_id,
        distance=face.distance,
        similarity=face.similarity,
        candidates=tuple(messages.CandidateReply(**asdict(one)) for one in face.candidates),
        embedding=face.embedding.astype("<f4").tobytes() if keeps else None,
        size_pixels=quality.size_pixels if quality else None,
        sharpness=quality.sharpness if quality else None,
        turned=quality.turned if quality else None,
        left_out=face.left_out,
        not_named=face.not_named,
    )
