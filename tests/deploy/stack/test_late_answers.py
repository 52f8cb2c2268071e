"""What AWS still lists, holds, or does not know yet, keeps no command from its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from deploy.stack import emptying, late, preflight
from deploy.stack.finishing import use_newest_version
from tests.support.factories import make_settings
from tests.support.stubbed import shared_by_all, stubbed

SETTINGS = make_settings(faceweb_id="faces")
IMAGE = {"ImageId": "ami-1", "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}]}


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    with stubbed("ec2") as stubber:
        shared_by_all(monkeypatch, ec2=stubber)
        yield stubber


def test_a_snapshot_that_is_still_held_by_its_image_is_asked_for_again(ec2: Stubber) -> None:
    ec2.add_response("deregister_image", {}, {"ImageId": "ami-1"})
    ec2.add_client_error("delete_snapshot", "InvalidSnapshot.InUse", "in use by ami-1")
    ec2.add_client_error("delete_snapshot", "RequestLimitExceeded")
    ec2.add_response("delete_snapshot", {}, {"SnapshotId": "snap-1"})

    emptying.delete_image(ec2.client, IMAGE)


@pytest.mark.parametrize("code", ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"])
def test_an_image_and_a_snapshot_that_have_gone_already_are_no_error(
    ec2: Stubber, code: str
) -> None:
    ec2.add_client_error("deregister_image", code)
    ec2.add_client_error("delete_snapshot", "InvalidSnapshot.NotFound")

    emptying.delete_image(ec2.client, IMAGE)


def test_a_snapshot_that_one_may_not_delete_is_told_at_once(ec2: Stubber) -> None:
    ec2.add_response("deregister_image", {}, {"ImageId": "ami-1"})
    ec2.add_client_error("delete_snapshot", "UnauthorizedOperation")

    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        emptying.delete_image(ec2.client, IMAGE)


def test_a_snapshot_that_is_never_let_go_is_told_in_the_end(ec2: Stubber) -> None:
    ec2.add_response("deregister_image", {}, {"ImageId": "ami-1"})
    for _ in range(late.LOOKS + 1):
        ec2.add_client_error("delete_snapshot", "InvalidSnapshot.InUse")

    with pytest.raises(ClientError, match="InUse"):
        emptying.delete_image(ec2.client, IMAGE)


def test_a_parameter_that_went_with_the_stack_keeps_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = {"Parameters": [{"Name": "/faces/one"}, {"Name": "/faces/two"}]}
    with stubbed("ssm") as ssm:
        shared_by_all(monkeypatch, ssm=ssm)
        asked = {"Path": "/faces/", "Recursive": True}
        ssm.add_response("get_parameters_by_path", listed, asked)
        ssm.add_client_error("delete_parameter", "ParameterNotFound")
        ssm.add_response("delete_parameter", {}, {"Name": "/faces/two"})

        emptying.delete_parameters(SETTINGS)


def test_an_object_that_s3_does_not_delete_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"Versions": [{"Key": "a.jpg", "VersionId": "1"}]}
    refused = {"Errors": [{"Key": "a.jpg", "Code": "AccessDenied", "Message": "Access Denied"}]}
    with stubbed("s3") as s3:
        shared_by_all(monkeypatch, s3=s3)
        s3.add_client_error("list_object_versions", "NoSuchBucket")  # the first is gone already
        s3.add_response("list_object_versions", found)
        s3.add_response("delete_objects", refused)

        with pytest.raises(emptying.StillThere, match=r"a\.jpg: Access Denied"):
            emptying.empty_buckets(SETTINGS, lambda words: None)


def test_a_version_of_the_launch_template_that_ec2_does_not_know_yet_is_waited_for(
    ec2: Stubber,
) -> None:
    ec2.add_client_error("modify_launch_template", "InvalidLaunchTemplateId.VersionNotFound")
    asked = {"LaunchTemplateId": "lt-1", "DefaultVersion": "2"}
    ec2.add_response("modify_launch_template", {}, asked)

    outputs = {"LaunchTemplateId": "lt-1", "LaunchTemplateVersion": "2"}
    use_newest_version(outputs, SETTINGS)


@pytest.mark.parametrize(("code", "is_taken"), [("404", False), ("403", True), ("301", True)])
def test_a_bucket_is_taken_wherever_and_whosever_it_is(
    monkeypatch: pytest.MonkeyPatch, code: str, is_taken: bool
) -> None:
    names = preflight.bucket_names(SETTINGS)
    with stubbed("s3") as s3:
        shared_by_all(monkeypatch, s3=s3)
        for _ in names:
            s3.add_client_error("head_bucket", code, http_status_code=int(code))

        assert list(preflight._existing_buckets(SETTINGS)) == (names if is_taken else [])


@pytest.mark.parametrize("code", ["400", "503"])
def test_a_bucket_that_s3_tells_nothing_of_is_not_called_taken(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    with stubbed("s3") as s3:
        shared_by_all(monkeypatch, s3=s3)
        s3.add_client_error("head_bucket", code, http_status_code=int(code))

        with pytest.raises(ClientError):
            list(preflight._existing_buckets(SETTINGS))


def test_who_may_not_ask_for_the_spot_role_is_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with stubbed("iam") as iam:
        shared_by_all(monkeypatch, iam=iam)
        iam.add_client_error("list_roles", "AccessDenied")

        preflight.check_spot_role({"SpotInstances": "yes"}, SETTINGS)


def test_a_group_and_a_database_that_are_busy_are_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = {"MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0}
    change = {"DeletionProtection": False, "ApplyImmediately": True}
    with stubbed("autoscaling") as scaling, stubbed("rds") as rds:
        shared_by_all(monkeypatch, autoscaling=scaling, rds=rds)
        scaling.add_client_error("update_auto_scaling_group", "ScalingActivityInProgress")
        asked = {"AutoScalingGroupName": "web", **size}
        scaling.add_response("update_auto_scaling_group", {}, asked)
        rds.add_client_error("modify_db_instance", "InvalidDBInstanceState", "backing-up")
        asked = {"DBInstanceIdentifier": "web", **change}
        rds.add_response("modify_db_instance", {}, asked)

        emptying.end_web_group(SETTINGS, lambda kind: ["web"])
        emptying.unprotect_database(SETTINGS, lambda kind: ["web"])


def test_a_databases_snapshot_that_is_still_being_made_is_waited_for(
    ec2: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = [{"Key": emptying.SYSTEM_TAG, "Value": "faces"}]
    ours = {"DBSnapshotIdentifier": "last", "TagList": tags}
    with stubbed("rds") as rds:
        shared_by_all(monkeypatch, ec2=ec2, rds=rds)
        ec2.add_response("describe_snapshots", {"Snapshots": []})
        rds.add_response("describe_db_snapshots", {"DBSnapshots": [ours]})
        rds.add_client_error("delete_db_snapshot", "InvalidDBSnapshotState", "creating")
        rds.add_response("delete_db_snapshot", {}, {"DBSnapshotIdentifier": "last"})

        assert emptying.delete_snapshots(SETTINGS, lambda words: None, ()) == 1


@pytest.mark.parametrize(
    ("quota", "words"),
    [(2.0, "needs 8 vCPUs, and the account's quota is 2"), (8.0, None), (None, "not be found out")],
)
def test_a_quota_is_compared_and_one_that_is_not_told_stops_nobody(
    ec2: Stubber, monkeypatch: pytest.MonkeyPatch, quota: float | None, words: str | None
) -> None:
    values = {"AppInstanceTypes": "c5.large", "SpotInstances": "no", "FleetMaximum": "4"}
    with stubbed("service-quotas") as quotas:
        shared_by_all(monkeypatch, ec2=ec2, **{"service-quotas": quotas})
        about = {"InstanceType": "c5.large", "VCpuInfo": {"DefaultVCpus": 2}}
        ec2.add_response("describe_instance_types", {"InstanceTypes": [about]})
        if quota is None:
            quotas.add_client_error("get_service_quota", "AccessDeniedException")
        else:
            asked = {"ServiceCode": "ec2", "QuotaCode": preflight.VCPU_QUOTAS["no"]}
            quotas.add_response("get_service_quota", {"Quota": {"Value": quota}}, asked)

        said = preflight.quota_warning(values, SETTINGS)

    assert said is None if words is None else words in str(said)
