"""What an update will do, as CloudFormation itself says it, and what is lost by it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.stack.template import Values
from foundation.aws.typed import ChangeTypeDef

LOST = {
    "AWS::EC2::Volume": "a snapshot is kept, and the new disk is DataSnapshotId's, else empty",
    "AWS::RDS::DBInstance": "a snapshot is kept; the new one is DatabaseSnapshotId's, else empty",
    "AWS::S3::Bucket": "the old bucket is kept, and nothing uses it",
    "AWS::SQS::Queue": "the old queue is kept with its messages, and nobody takes them",
    "AWS::EC2::EIP": "the address is another one: DomainName must point at it",
    "AWS::Logs::LogGroup": "its log is lost",
}
"""What happens to a resource's content when it is replaced or removed."""

RENEWED = {"AWS::AutoScaling::AutoScalingGroup": "the web instances may be replaced, one at a time"}
"""What a change does beyond the resource itself."""

MARKS = {"Add": "+", "Modify": "~", "Remove": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One resource's change. `replacement` is True, False or Conditional, as AWS writes it."""

    action: str
    type: str
    name: str
    replacement: str = "False"

    @property
    def mark(self) -> str:
        """The sign that begins the change's line."""
        return MARKS.get(self.action, "?")

    def __str__(self) -> str:
        return f"  {self.mark} {self.type:<40} {self.name}{self._words()}"

    def _words(self) -> str:
        lost = LOST.get(self.type, "")
        if self.action == "Remove":
            return f": {lost}" if lost else ""
        if self.action != "Modify":
            return ""
        fate = {"True": "IS REPLACED", "Conditional": "may be replaced"}.get(self.replacement, "")
        words = [fate, lost if fate else "", RENEWED.get(self.type, "")]
        return "".join(f": {one}" for one in words if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A proposed update: its id at CloudFormation, its changes, and whether the stack is new."""

    id: str
    changes: Sequence[Change]
    creates: bool

    def names(self, action: str) -> list[str]:
        """The names of the resources to which this happens, in order."""
        return sorted(one.name for one in self.changes if one.action == action)

    @property
    def replaced(self) -> list[str]:
        """What is surely or maybe replaced."""
        return sorted(
            one.name for one in self.changes if one.replacement in ("True", "Conditional")
        )


def change_of(described: ChangeTypeDef) -> Change:
    """One entry of DescribeChangeSet's Changes."""
    about = described["ResourceChange"]
    return Change(
        action=about["Action"],
        type=about["ResourceType"],
        name=about["LogicalResourceId"],
        replacement=about.get("Replacement") or "False",
    )


def in_lines(changes: Sequence[Change], before: Values, after: Values) -> list[str]:
    """The changes for people: what is added (+), changed (~), removed (-), replaced and lost."""
    lines = [
        f"  {name}: {before.get(name, '')!r} -> {value!r}"
        for name, value in after.items()
        if before and before.get(name, "") != value
    ]
    by_mark = sorted(changes, key=lambda one: ("+~-?".index(one.mark), one.name))
    counts = {action: sum(one.action == action for one in changes) for action in MARKS}
    replaced = sum(one.replacement == "True" for one in changes)
    of_them = f" ({replaced} of them replaced)" if replaced else ""
    return [
        *lines,
        *map(str, by_mark),
        f"{counts['Add']} to add, {counts['Modify']} to change{of_them}, "
        f"{counts['Remove']} to remove.",
    ]
