"""The template as data: parameters, conditions, and the difference of two states."""

from __future__ import annotations

import re

import pytest

from deploy.image.builder import DISK_GB
from deploy.stack import prices
from deploy.stack.plan import in_lines, plan_of
from deploy.stack.template import ParameterRefused, Resource, Template

PLACE = {"VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2"}


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.ours()


def test_what_is_not_given_is_the_default(template: Template) -> None:
    values = template.values({**PLACE, "FleetMaximum": "7"})

    assert (values["FacewebId"], values["FleetMaximum"]) == ("faceweb", "7")
    assert values.keys() == template.parameters.keys()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Nope": "1"}, "has no parameter Nope"),
        ({"FacewebId": "Capitals"}, "not of the form"),
        ({"FleetMaximum": "0"}, "not from 1 to"),
        ({"FleetMaximum": "many"}, "not a number"),
        ({"SpotInstances": "maybe"}, "none of 'yes', 'no'"),
    ],
)
def test_a_wrong_value_is_refused_before_aws_is_asked(
    template: Template, given: dict[str, str], words: str
) -> None:
    with pytest.raises(ParameterRefused, match=words):
        template.values({**PLACE, **given})


def test_a_parameter_without_a_default_must_be_given(template: Template) -> None:
    with pytest.raises(ParameterRefused, match="VpcId must be given: Network of all instances"):
        template.values({})


def test_functions_and_web_instance_are_only_made_where_there_is_an_image(
    template: Template,
) -> None:
    without = template.resources(template.values(PLACE))
    images = {"LambdaImageUri": "1.dkr.ecr/faces", "WebImageId": "ami-1"}
    with_images = template.resources(template.values({**PLACE, **images}))

    made = with_images.keys() - without.keys()
    assert {"VideoSplitting", "FaceRecognition", "WebInstance"} <= made
    assert without.keys() < with_images.keys()


def test_a_changed_parameter_changes_what_uses_it_and_nothing_else(template: Template) -> None:
    before = template.values(PLACE)
    after = {**before, "FleetMaximum": "5"}

    plan = plan_of(template.resources(before), template.resources(after), before, after)

    assert set(plan.changed) == {"FleetAtMaximumAlarm", "WebEnvironment"}
    assert plan.parameters == {"FleetMaximum": ("20", "5")}
    assert not plan.added and not plan.removed
    assert in_lines(plan)[-1] == "0 to add, 2 to change, 0 to remove."


def test_the_same_again_is_an_empty_plan(template: Template) -> None:
    values = template.values(PLACE)
    resources = template.resources(values)

    assert plan_of(resources, resources, values, values).is_empty


def test_what_is_gone_from_the_template_is_removed() -> None:
    queue = Resource(type="AWS::SQS::Queue", definition="{}")

    plan = plan_of({"Old": queue}, {"New": queue}, {}, {})

    assert (plan.removed, plan.added) == (
        {"Old": "AWS::SQS::Queue"},
        {"New": "AWS::SQS::Queue"},
    )


def test_references_to_resources_stay_and_conditions_are_decided() -> None:
    text = """
Parameters:
  Wanted: {Type: String, Default: "yes", Description: d}
Conditions:
  Is: !Equals [!Ref Wanted, "yes"]
  IsNot: !Not [!Condition Is]
Resources:
  A: {Type: T, Properties: {Name: !Sub "${Wanted}-${B}", If: !If [Is, 1, 2], Ref: !Ref B}}
  B: {Type: T, Condition: IsNot}
"""
    template = Template(text)

    (one,) = template.resources(template.values({})).values()

    assert '"yes-${B}"' in one.definition
    assert '"If": 1' in one.definition
    assert '{"Ref": "B"}' in one.definition


@pytest.mark.parametrize(
    ("resource", "priced"),
    [("LaunchTemplate", prices.APP_DISK_GB), ("WebInstance", prices.WEB_DISK_GB)],
)
def test_no_disk_is_smaller_than_the_image_and_all_are_priced(
    template: Template, resource: str, priced: int
) -> None:
    """EC2 refuses a disk that is smaller than the image's; the emulator would not."""
    made = template.resources(template.values({**PLACE, "WebImageId": "ami-1"}))

    (size,) = re.findall(r'"VolumeSize": (\d+)', made[resource].definition)
    assert DISK_GB <= int(size) == priced
