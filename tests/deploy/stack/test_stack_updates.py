"""References to parameters are found wherever a template may have them."""

from __future__ import annotations


def test_references_in_texts_are_found_as_well() -> None:
    from tests.support.stack_updates import references  # it loads all that moto emulates

    part = {
        "A": {"Ref": "ByRef"},
        "B": [{"Fn::Sub": "${InText}-${Queue.Arn}-${AWS::Region}"}],
        "C": {"Fn::Sub": ["${InList}", {"Name": {"Ref": "InMap"}}]},
        "D": "${NotSubstituted}",
    }

    assert set(references(part)) == {"ByRef", "InText", "InList", "InMap"}
