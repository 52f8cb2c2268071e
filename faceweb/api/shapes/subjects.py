"""People and their examples: what the API takes and gives."""

from ninja import Schema
from pydantic import Field

from faceweb.api.shapes.fields import PersonName
from faceweb.api.shapes.jobs import BatchProblemOut


class SubjectOut(Schema):
    """A person who is enrolled."""

    id: str = Field(description="The person's id, which stays")
    name: str = Field(description="What they are called now", examples=["Grace Hopper"])
    examples: int = Field(description="How many examples they have")


class LearnedOut(SubjectOut):
    """A person who has a new example."""

    warnings: list[str] = Field(
        [],
        description="Other faces in the picture, people whom the face looks like, the same picture "
        "twice",
    )


class ExamplesOut(LearnedOut):
    """A person who has several new examples."""

    problems: list[BatchProblemOut] = Field([], description="Pictures that gave no example")


class SubjectPageOut(Schema):
    """A page of people."""

    subjects: list[SubjectOut] = Field(description="By name")
    next: str | None = Field(
        description="Give this as `after` for the page behind; null at the end"
    )


class RenameIn(Schema):
    """What a person is to be called."""

    name: PersonName = Field(description="The new name", examples=["Grace Hopper"])


class MergeIn(Schema):
    """Who a person turned out to be."""

    into: str = Field(description="Id of the subject that gets the examples")


class NameFaceIn(Schema):
    """Whose face it is."""

    name: PersonName = Field(description="The person's name", examples=["Grace Hopper"])


class ExampleOut(Schema):
    """One example of a person."""

    id: str = Field(description="The example's id, from its embedding")
    picture: bool = Field(description="Whether the cut-out face can be downloaded")


class ExampleListOut(Schema):
    """A person's examples."""

    examples: list[ExampleOut] = Field(description="All of them")


class ReceiptOut(Schema):
    """What was erased of a person."""

    receipt: int = Field(description="Number of the entry in the audit log")
    subject: str = Field(description="The id that they had")
    name: str = Field(description="The name that they had, in the first answer only")
    erased_at: str = Field(description="When, in ISO 8601")
    examples: int = Field(description="Examples that were erased")
    pictures: int = Field(description="Cut-outs and pictures that were erased")
    jobs: int = Field(description="Jobs that named them")
    videos: int = Field(description="Videos that named them")


class ErasingOut(Schema):
    """A person who is being erased."""

    subject: str = Field(description="Their id")
    detail: str = Field(description="What goes on, in a sentence")
