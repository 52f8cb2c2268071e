"""The template as data: parameters, conditions, and the difference of two states."""

from __future__ import annotations

import json
import re

import pytest

from deploy.image.builder import DISK_GB
from deploy.stack import prices
from deploy.stack.shorthand import with_condition, written_out
from deploy.stack.template import ParameterRefused, Template
from tests.deploy.made import PLACE, made


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
    without = made(template, template.values(PLACE))
    images = {"LambdaImageUri": "1.dkr.ecr/faces", "WebImageId": "ami-1"}
    with_images = made(template, template.values({**PLACE, **images}))

    more = with_images.keys() - without.keys()
    assert {"VideoSplitting", "FaceRecognition", "FaceBurst", "WebGroup"} <= more
    assert without.keys() < with_images.keys()


def test_what_is_rendered_has_no_condition_left_and_keeps_its_references() -> None:
    template = Template.read("""
Parameters:
  Wanted: {Type: String, Default: "yes", Description: d}
Conditions:
  Is: !Equals [!Ref Wanted, "yes"]
  IsNot: !Not [!Condition Is]
Resources:
  A: {Type: T, Properties: {Name: !Sub "${Wanted}-${B}", If: !If [Is, 1, 2], Ref: !Ref B}}
  B: {Type: T, Condition: IsNot}
  C:
    Type: T
    Condition: Is
    Properties:
      Gone: !If [IsNot, 1, !Ref AWS::NoValue]
      List: [!If [IsNot, 1, !Ref AWS::NoValue], 2]
Outputs:
  O: {Condition: IsNot, Value: !Ref B}
""")

    rendered = json.loads(template.rendered(template.values({})))

    assert "Conditions" not in rendered and rendered["Outputs"] == {}
    assert rendered["Resources"] == {
        "A": {
            "Type": "T",
            "Properties": {"Name": {"Fn::Sub": "${Wanted}-${B}"}, "If": 1, "Ref": {"Ref": "B"}},
        },
        "C": {"Type": "T", "Properties": {"List": [2]}},
    }


def test_every_bucket_and_queue_is_encrypted_private_and_kept(template: Template) -> None:
    resources = template.document["Resources"]
    buckets = [name for name, one in resources.items() if one["Type"] == "AWS::S3::Bucket"]
    queues = [name for name, one in resources.items() if one["Type"] == "AWS::SQS::Queue"]

    assert (len(buckets), len(queues)) == (7, 4)
    for name in [*buckets, *queues]:
        assert resources[name]["UpdateReplacePolicy"] == "Retain"
        (statement,) = resources[f"{name}OverTlsOnly"]["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
    for name in buckets:
        properties = resources[name]["Properties"]
        assert all(properties["PublicAccessBlockConfiguration"].values())
        assert properties["BucketEncryption"]
        assert properties["LifecycleConfiguration"]["Rules"][0]["Id"] == "forget-broken-uploads"


@pytest.mark.parametrize(
    ("resource", "priced"),
    [("LaunchTemplate", prices.APP_DISK_GB), ("WebTemplate", prices.WEB_DISK_GB)],
)
def test_no_disk_is_smaller_than_the_image_and_all_are_priced(
    template: Template, resource: str, priced: int
) -> None:
    """EC2 refuses a disk that is smaller than the image's; the emulator would not."""
    resources = made(template, template.values({**PLACE, "WebImageId": "ami-1"}))

    (size,) = re.findall(r'"VolumeSize": (\d+)', resources[resource].definition)
    assert DISK_GB <= int(size) == priced


def test_a_files_condition_is_that_of_resources_that_name_none() -> None:
    found = with_condition({"A": {"Type": "x"}, "B": {"Type": "x", "Condition": "Own"}}, "Files")

    assert [one["Condition"] for one in found.values()] == ["Files", "Own"]
    assert with_condition({"A": {"Type": "x"}}, None) == {"A": {"Type": "x"}}


def test_a_statement_allows_unless_it_says_otherwise_and_may_have_a_condition() -> None:
    short = [{"Action": "a"}, {"Effect": "Deny", "Action": "b"}, {"Action": "c", "OnlyIf": "Has"}]

    assert written_out({"AssumeRolePolicyDocument": short, "Other": [1]}) == {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "a"},
                {"Effect": "Deny", "Action": "b"},
                {"Fn::If": ["Has", {"Effect": "Allow", "Action": "c"}, {"Ref": "AWS::NoValue"}]},
            ],
        },
        "Other": [1],
    }
