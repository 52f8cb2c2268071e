"""What the scaler says of each refusal: the operator reads there what helps."""

from __future__ import annotations

import pytest
import structlog

from foundation.fleet.functions import FUNCTION_PREFIX
from scaler.instances.ec2 import EC2Fleet
from scaler.instances.functions import LambdaFunctions
from scaler.instances.launching import LaunchPlan, Place
from tests.support.stubbed import stubbed

PLAN = LaunchPlan(fleet="faces", launch_template="lt-1", places=(Place(subnet_id="subnet-1"),))


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("InsufficientInstanceCapacity", "another instance type or subnet"),
        ("VcpuLimitExceeded", "higher quota"),
        ("MaxSpotInstanceCountExceeded", "higher quota"),
        ("AuthFailure.ServiceLinkedRoleCreationNotPermitted", "create-service-linked-role"),
        ("UnauthorizedOperation", "let the scaler's role call ec2:RunInstances"),
        ("InvalidSubnetID.NotFound", "out of SUBNET_IDS"),
        ("InvalidAMIID.NotFound", "AMI_ID or LAUNCH_TEMPLATE"),
        ("InvalidLaunchTemplateId.VersionNotFound", "AMI_ID or LAUNCH_TEMPLATE"),
        ("AuthFailure", "valid credentials"),
        ("ExpiredToken", "valid credentials"),
        ("RequestExpired", "clock"),
        ("SignatureDoesNotMatch", "clock"),
    ],
)
def test_a_launch_that_is_refused_is_told_with_what_helps(code: str, hint: str) -> None:
    with stubbed("ec2") as ec2, structlog.testing.capture_logs() as logs:
        fleet = EC2Fleet(ec2.client, "faces", PLAN, lambda: 0.0)
        ec2.add_client_error("run_instances", code)

        assert not fleet.launch(1)
        assert not fleet.launch(1)  # it rests, and does not ask

    assert fleet.refusal == code
    assert [one["code"] for one in logs] == [code, code]
    assert all(hint in one["hint"] for one in logs)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("ResourceNotFoundException", "deploy the function faces-face-burst"),
        ("TooManyRequestsException", "more concurrent executions"),
        ("AccessDeniedException", "lambda:InvokeFunction on faces-face-burst"),
        ("ServiceException", "instances answer alone"),
    ],
)
@pytest.mark.django_db
def test_an_invocation_that_is_refused_is_told_with_what_helps(code: str, hint: str) -> None:
    asked = {
        "FunctionName": "faces-face-burst", "InvocationType": "Event",
        "Payload": f'{{"function": "{FUNCTION_PREFIX}1", "settings": {{}}}}'.encode(),
    }  # fmt: skip
    with stubbed("lambda") as lambdas, structlog.testing.capture_logs() as logs:
        functions = LambdaFunctions(
            lambdas.client, "faces-face-burst", 3, 90.0, 25.0, lambda: 0.0, {},
            lambda: f"{FUNCTION_PREFIX}1",
        )  # fmt: skip
        lambdas.add_client_error("invoke", code, expected_params=asked)

        assert functions.start(2) == 0

    assert functions.look({}).running == 0
    (said,) = logs
    assert hint in said["hint"]
