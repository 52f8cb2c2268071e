"""What the files of deploy/template/ need not say again and again. Pure.

- `Condition:` at the head of a file is that of all its resources which name no other.
- A parameter is a number or a text, as its `Default` is, unless its `Type` says otherwise. Where
  that is yes or no, it is one of the two. `Between` is a number's least and largest value.
- A bucket's `LifecycleConfiguration` is the list of its rules, a policy that of its statements.
- A statement allows, unless its `Effect` says otherwise. `OnlyIf:` names the condition of one that
  is not always there.
"""

from deploy.stack.hardening import Document

NO_VALUE = {"Ref": "AWS::NoValue"}
POLICIES = ("PolicyDocument", "AssumeRolePolicyDocument", "RepositoryPolicyText")


def with_condition(resources: Document, condition: str | None) -> Document:
    """The resources of a file whose head names this condition."""
    if condition is None:
        return resources
    return {name: {"Condition": condition, **each} for name, each in resources.items()}


def parameter(short: Document) -> Document:
    """A parameter with its type, and the values that it takes."""
    default = short.get("Default")
    written = {"Type": "Number" if isinstance(default, int) else "String", **short}
    if default in ("yes", "no"):
        written["AllowedValues"] = ["yes", "no"]
    if between := written.pop("Between", None):
        written["MinValue"], written["MaxValue"] = between
    return written


def written_out(part: object) -> object:
    """A part of the template, its policies as IAM takes them."""
    if isinstance(part, list):
        return [written_out(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _policy(value) if name in POLICIES else written_out(value)
        for name, value in part.items()
    }


def _policy(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": [_statement(one) for one in statements]}


def _statement(short: Document) -> Document:
    statement = {"Effect": "Allow", **short}
    condition = statement.pop("OnlyIf", None)
    return {"Fn::If": [condition, statement, NO_VALUE]} if condition else statement
