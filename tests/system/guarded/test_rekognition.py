"""Amazon Rekognition's API through boto3, unchanged, against a running system: all operations on
faces. botocore checks each answer's shape by its own model of the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from foundation.config import PROJECT_DIRECTORY
from tests.system.pictures import COLLINS, HOPPER, encoded, faceless, portrait, variant
from tests.system.running import RunningSystem

ABSENT = "00000000-0000-4000-8000-000000000000"


def faces_command(guarded: RunningSystem, *words: str) -> Any:
    """What a command of `faces` prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "faces", *words, "--json"],
        cwd=PROJECT_DIRECTORY, env=guarded.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def client(guarded: RunningSystem, key: dict[str, str], **changes: str) -> Any:
    """boto3's own client; each answer is held against botocore's model."""
    keys = {"aws_access_key_id": key["access_key_id"], "aws_secret_access_key": key["key"]}
    made = boto3.client(
        "rekognition", endpoint_url=f"{guarded.url}rekognition", region_name="us-east-1",
        **keys | changes,
    )  # fmt: skip
    made.meta.events.register("after-call.rekognition.*", _check_answer)
    return made


def _check_answer(model: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Raises where an answer has what the model does not know, or lacks what it needs."""
    told = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    if "Error" not in told:
        report = ParamValidator().validate(told, model.output_shape)
        assert not report.has_errors(), report.generate_report()


@pytest.fixture(scope="module")
def owner(guarded: RunningSystem) -> dict[str, str]:
    scopes = ("recognise", "subjects", "collections")
    may = [word for scope in scopes for word in ("--may", scope)]
    key: dict[str, str] = faces_command(guarded, "keys", "make", "rekognition", "--for-aws", *may)
    return key


@pytest.fixture(scope="module")
def rekognition(guarded: RunningSystem, owner: dict[str, str]) -> Any:
    return client(guarded, owner)


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """The exception's name and sentence, as boto3 has them."""
    with pytest.raises(ClientError) as error:
        call()
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def two_people() -> bytes:
    """Collins and Hopper side by side."""
    one, other = portrait(COLLINS).resize((300, 330)), portrait(HOPPER).resize((300, 330))
    both = one.resize((600, 330))
    both.paste(one, (0, 0))
    both.paste(other, (300, 0))
    return encoded(both)


def test_collections_are_made_described_listed_and_deleted(rekognition: Any) -> None:
    made = rekognition.create_collection(CollectionId="first")
    for name in ("second", "third"):
        rekognition.create_collection(CollectionId=name)

    again = refused(lambda: rekognition.create_collection(CollectionId="first"))
    described = rekognition.describe_collection(CollectionId="first")
    paginator = rekognition.get_paginator("list_collections")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
    rekognition.delete_collection(CollectionId="third")
    gone = refused(lambda: rekognition.describe_collection(CollectionId="third"))

    assert (made["StatusCode"], described["FaceCount"], described["UserCount"]) == (200, 0, 0)
    assert described["CollectionARN"] == made["CollectionArn"]
    assert again[0] == "ResourceAlreadyExistsException"
    assert gone == ("ResourceNotFoundException", "The collection id: third does not exist")
    names = [one for page in pages for one in page["CollectionIds"]]
    assert len(pages) == 2
    assert sorted(names) == ["default", "first", "second", "third"]


@pytest.fixture(scope="module")
def staff(rekognition: Any) -> dict[str, str]:
    """A collection with a face of each; their ids."""
    rekognition.create_collection(CollectionId="staff")
    ids = {}
    for person in (COLLINS, HOPPER):
        answer = rekognition.index_faces(
            CollectionId="staff",
            Image={"Bytes": variant(person, 1)},
            ExternalImageId=person.replace(" ", "."),
            QualityFilter="AUTO",
            MaxFaces=1,
        )
        [record] = answer["FaceRecords"]
        ids[person] = record["Face"]["FaceId"]
        assert record["FaceDetail"]["Landmarks"]
    return ids


def test_faces_are_listed_by_page_and_by_id(rekognition: Any, staff: dict[str, str]) -> None:
    pages = rekognition.get_paginator("list_faces").paginate(
        CollectionId="staff", PaginationConfig={"PageSize": 1}
    )
    listed = [face for page in pages for face in page["Faces"]]
    one = rekognition.list_faces(CollectionId="staff", FaceIds=[staff[COLLINS]])["Faces"]

    assert {face["FaceId"] for face in listed} == set(staff.values())
    assert [face["ExternalImageId"] for face in one] == ["Eileen.Collins"]
    assert rekognition.describe_collection(CollectionId="staff")["FaceCount"] == 2


def test_a_picture_finds_its_face(rekognition: Any, staff: dict[str, str]) -> None:
    found = rekognition.search_faces_by_image(
        CollectionId="staff", Image={"Bytes": variant(COLLINS, 40)}, MaxFaces=5
    )

    assert [one["Face"]["FaceId"] for one in found["FaceMatches"]] == [staff[COLLINS]]
    assert found["FaceMatches"][0]["Similarity"] >= 80
    assert 0 < found["SearchedFaceBoundingBox"]["Width"] < 1


def test_a_low_threshold_finds_more_and_says_how_alike(
    rekognition: Any, staff: dict[str, str]
) -> None:
    found = rekognition.search_faces_by_image(
        CollectionId="staff", Image={"Bytes": variant(COLLINS, 41)}, FaceMatchThreshold=0
    )

    alike = [one["Similarity"] for one in found["FaceMatches"]]
    assert len(alike) == 2
    assert alike[0] > 80 > alike[1]


def test_a_face_finds_others_like_it(rekognition: Any, staff: dict[str, str]) -> None:
    again = rekognition.index_faces(CollectionId="staff", Image={"Bytes": variant(HOPPER, 30)})
    [record] = again["FaceRecords"]
    twin = record["Face"]["FaceId"]

    found = rekognition.search_faces(CollectionId="staff", FaceId=staff[HOPPER])
    gone = rekognition.delete_faces(CollectionId="staff", FaceIds=[twin, ABSENT])

    assert [one["Face"]["FaceId"] for one in found["FaceMatches"]] == [twin]
    assert gone["DeletedFaces"] == [twin]
    assert [one["Reasons"] for one in gone["UnsuccessfulFaceDeletions"]] == [["FACE_NOT_FOUND"]]


def test_a_user_has_faces_and_is_found_by_them(rekognition: Any, staff: dict[str, str]) -> None:
    rekognition.create_user(CollectionId="staff", UserId="eileen")
    twice = refused(lambda: rekognition.create_user(CollectionId="staff", UserId="eileen"))
    before = rekognition.list_users(CollectionId="staff")["Users"]
    tied = rekognition.associate_faces(
        CollectionId="staff", UserId="eileen", FaceIds=[staff[COLLINS], ABSENT]
    )
    second = rekognition.index_faces(CollectionId="staff", Image={"Bytes": variant(COLLINS, 20)})
    second_id = second["FaceRecords"][0]["Face"]["FaceId"]
    rekognition.associate_faces(CollectionId="staff", UserId="eileen", FaceIds=[second_id])
    unlike = rekognition.associate_faces(
        CollectionId="staff", UserId="eileen", FaceIds=[staff[HOPPER]]
    )
    by_image = rekognition.search_users_by_image(
        CollectionId="staff", Image={"Bytes": variant(COLLINS, 44)}
    )
    by_face = rekognition.search_users(CollectionId="staff", FaceId=staff[COLLINS])
    by_user = rekognition.search_users(CollectionId="staff", UserId="eileen")
    faces = rekognition.search_faces_by_image(
        CollectionId="staff", Image={"Bytes": variant(COLLINS, 45)}
    )
    kept = rekognition.delete_faces(CollectionId="staff", FaceIds=[second_id])
    loose = rekognition.disassociate_faces(
        CollectionId="staff", UserId="eileen", FaceIds=[second_id]
    )
    theirs = rekognition.list_faces(CollectionId="staff", UserId="eileen")["Faces"]
    rekognition.delete_user(CollectionId="staff", UserId="eileen")

    assert twice[0] == "ConflictException"
    assert before == [{"UserId": "eileen", "UserStatus": "CREATED"}]
    assert [one["FaceId"] for one in tied["AssociatedFaces"]] == [staff[COLLINS]]
    assert [one["Reasons"] for one in tied["UnsuccessfulFaceAssociations"]] == [["FACE_NOT_FOUND"]]
    assert unlike["UnsuccessfulFaceAssociations"][0]["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    for found in (by_image, by_face):
        assert [one["User"]["UserId"] for one in found["UserMatches"]] == ["eileen"]
    assert by_image["SearchedFace"]["FaceDetail"]["BoundingBox"]["Width"] > 0
    assert (by_user["UserMatches"], by_user["SearchedUser"]) == ([], {"UserId": "eileen"})
    matched = {one["Face"]["FaceId"]: one["Face"].get("UserId") for one in faces["FaceMatches"]}
    assert matched == {staff[COLLINS]: "eileen", second_id: "eileen"}
    reasons = [one["Reasons"] for one in kept["UnsuccessfulFaceDeletions"]]
    assert reasons == [["ASSOCIATED_TO_AN_EXISTING_USER"]]
    assert [one["FaceId"] for one in loose["DisassociatedFaces"]] == [second_id]
    assert [one["FaceId"] for one in theirs] == [staff[COLLINS]]
    assert rekognition.list_users(CollectionId="staff")["Users"] == []
    assert rekognition.describe_collection(CollectionId="staff")["FaceCount"] == 3


def test_faces_are_detected_and_compared(rekognition: Any) -> None:
    detected = rekognition.detect_faces(Image={"Bytes": two_people()})["FaceDetails"]
    compared = rekognition.compare_faces(
        SourceImage={"Bytes": variant(HOPPER, 2)}, TargetImage={"Bytes": two_people()}
    )

    assert len(detected) == 2
    assert {one["Type"] for one in detected[0]["Landmarks"]} >= {"eyeLeft", "mouthRight"}
    [match] = compared["FaceMatches"]
    assert match["Similarity"] >= 80
    assert match["Face"]["BoundingBox"]["Left"] > 0.4
    assert len(compared["UnmatchedFaces"]) == 1


def test_pictures_come_from_allowed_buckets_alone(guarded: RunningSystem, rekognition: Any) -> None:
    for bucket in ("shared-pictures", "secret-pictures"):
        guarded.aws("s3").create_bucket(Bucket=bucket)
        guarded.aws("s3").put_object(Bucket=bucket, Key="a.jpg", Body=variant(HOPPER, 3))

    def detect(bucket: str, name: str = "a.jpg") -> Any:
        place = {"Bucket": bucket, "Name": name}
        return rekognition.detect_faces(Image={"S3Object": place})["FaceDetails"]

    assert len(detect("shared-pictures")) == 1
    assert refused(lambda: detect("secret-pictures"))[0] == "InvalidS3ObjectException"
    assert refused(lambda: detect("faceweb-in-bucket"))[0] == "InvalidS3ObjectException"
    assert refused(lambda: detect("shared-pictures", "b.jpg"))[0] == "InvalidS3ObjectException"


def test_what_is_not_there_says_so(rekognition: Any, staff: dict[str, str]) -> None:
    image = {"Bytes": variant(HOPPER, 4)}
    calls: dict[str, Callable[[], object]] = {
        "InvalidParameterException": lambda: rekognition.detect_faces(
            Image=image, Attributes=["ALL"]
        ),
        "AccessDeniedException": lambda: rekognition.recognize_celebrities(Image=image),
        "InvalidImageFormatException": lambda: rekognition.detect_faces(
            Image={"Bytes": b"no picture"}
        ),
        "ResourceNotFoundException": lambda: rekognition.search_faces(
            CollectionId="staff", FaceId=ABSENT
        ),
        "InvalidPaginationTokenException": lambda: rekognition.list_faces(
            CollectionId="staff", NextToken="%%%"
        ),
    }
    nobody = refused(
        lambda: rekognition.search_faces_by_image(CollectionId="staff", Image={"Bytes": faceless()})
    )

    assert {name: refused(call)[0] for name, call in calls.items()} == {one: one for one in calls}
    assert nobody[0] == "InvalidParameterException"
    assert "no faces in the image" in nobody[1]


def test_a_wrong_secret_and_an_unknown_key_are_refused(
    guarded: RunningSystem, owner: dict[str, str]
) -> None:
    wrong = client(guarded, owner, aws_secret_access_key="efr_wrong")
    unknown = client(guarded, owner, aws_access_key_id="AKIAIOSFODNN7EXAMPLE")

    assert refused(wrong.list_collections)[0] == "InvalidSignatureException"
    assert refused(unknown.list_collections)[0] == "UnrecognizedClientException"


def test_the_key_says_what_it_may(guarded: RunningSystem, staff: dict[str, str]) -> None:
    key = faces_command(guarded, "keys", "make", "reader", "--for-aws")
    reader = client(guarded, key)

    assert len(reader.list_faces(CollectionId="staff")["Faces"]) == 3
    assert refused(lambda: reader.create_collection(CollectionId="x"))[0] == "AccessDeniedException"


def test_a_team_sees_no_others_collections(guarded: RunningSystem, staff: dict[str, str]) -> None:
    faces_command(guarded, "teams", "make", "doors")
    may = ("--may", "recognise", "--may", "subjects", "--may", "collections")
    key = faces_command(guarded, "keys", "make", "doors", "--team", "doors", "--for-aws", *may)
    doors = client(guarded, key)
    doors.create_collection(CollectionId="staff")

    found = doors.search_faces_by_image(
        CollectionId="staff", Image={"Bytes": variant(COLLINS, 50)}, FaceMatchThreshold=0
    )

    assert doors.list_collections()["CollectionIds"] == ["staff"]
    assert found["FaceMatches"] == []
    asked = refused(lambda: doors.search_faces(CollectionId="staff", FaceId=staff[COLLINS]))
    assert asked[0] == "ResourceNotFoundException"


def test_the_aws_cli_runs_unchanged(guarded: RunningSystem, owner: dict[str, str]) -> None:
    if not (cli := os.environ.get("AWS_CLI")):
        pytest.skip("AWS_CLI names no `aws` of a separate environment (pip install awscli)")
    keys = {"AWS_ACCESS_KEY_ID": owner["access_key_id"], "AWS_SECRET_ACCESS_KEY": owner["key"]}
    done = subprocess.run(
        [cli, "rekognition", "list-collections", "--endpoint-url", f"{guarded.url}rekognition",
         "--region", "us-east-1", "--output", "json"],
        env={"PATH": os.environ["PATH"], "HOME": str(guarded.var_dir), **keys},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "default" in json.loads(done.stdout)["CollectionIds"]
