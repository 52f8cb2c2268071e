"""What a refusal of EC2 means: ask again, try another place, or pause. Calls nothing."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.aws import EXPIRED, WRONGLY_SIGNED

DOUBTFUL = {"InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable"}
"""EC2 failed. The instance may have been launched all the same: the same token asks again."""

QUOTA = {"InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded"}
NEEDS_ROLE = {"AuthFailure.ServiceLinkedRoleCreationNotPermitted"}

FIRST_PAUSE_SECONDS = 4.0
LONGEST_PAUSE_SECONDS = 300.0


def advice(code: str) -> str:
    """What an operator can do about a refusal."""
    if code in QUOTA:
        return "ask AWS for a higher quota, or lower SCALER_MAX"
    if code in NEEDS_ROLE:
        return "run: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"
    if code in EXPIRED:
        return "give the scaler valid credentials: its instance's role, or newer keys"
    if code in WRONGLY_SIGNED:
        return "set this machine's clock right, or give the scaler the right secret key"
    if code.startswith("InvalidSubnet"):
        return "take the subnet out of SUBNET_IDS"
    if code.startswith(("InvalidAMI", "InvalidLaunchTemplate")):
        return "set AMI_ID or LAUNCH_TEMPLATE to one that exists (manage.py bakeami makes an image)"
    if code.startswith("Unauthorized"):
        return "let the scaler's role call ec2:RunInstances there"
    return "another instance type or subnet may do (INSTANCE_TYPES, SUBNET_IDS)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Launching waits until `until`, after `refusals` rounds in a row that gave no instance."""

    refusals: int = 0
    until: float = 0.0

    def longer(self, now: float) -> Pause:
        """The pause after one more round in vain: twice as long, up to five minutes."""
        seconds = min(FIRST_PAUSE_SECONDS * 2.0**self.refusals, LONGEST_PAUSE_SECONDS)
        return Pause(refusals=self.refusals + 1, until=now + seconds)
