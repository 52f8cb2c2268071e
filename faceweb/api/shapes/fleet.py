"""The fleet and the gallery, as the API shows them."""

from datetime import datetime

from ninja import Schema
from pydantic import Field


class GalleryOut(Schema):
    """The gallery, and how strictly faces are named by it."""

    model: str | None = Field(description="The model that made it", examples=["sface"])
    version: str | None = Field(description="Changes with each change of it")
    people: int = Field(description="How many people it has")
    examples: int = Field(description="How many examples they have together")
    dimension: int | None = Field(description="Length of an embedding")
    threshold: float | None = Field(
        None, description="Distance above which a face is unknown; null without a gallery"
    )
    threshold_reason: str | None = Field(None, description="What the threshold follows from")


class QueueOut(Schema):
    """How long a queue is."""

    visible: int = Field(description="Messages that wait")
    in_flight: int = Field(description="Messages that somebody works on")


class DecisionOut(Schema):
    """What the scaler saw and did."""

    at: datetime = Field(description="When")
    reason: str = Field(description="Why, in words")
    visible: int | None = Field(description="Jobs that waited")
    in_flight: int | None = Field(description="Jobs that were worked on")
    booting: int | None = Field(description="Instances that started")
    ready: int | None = Field(description="Instances that worked")
    leaving: int | None = Field(description="Instances that were to end")
    functions: int | None = Field(description="Functions that ran")
    launched: int = Field(description="Instances that were launched")
    functions_started: int = Field(description="Functions that were started")
    asked_to_stop: int = Field(description="Instances that were asked to end")
    terminated: int = Field(description="Instances that were ended")


class InstanceOut(Schema):
    """A machine of the app tier."""

    id: str = Field(description="EC2's id")
    name: str = Field(description="Its tag Name")
    state: str = Field(description="What it does", examples=["ready"])
    since: datetime | None = Field(description="Since when it is in this state")


class FunctionOut(Schema):
    """A run of the function that answers pictures while no machine does."""

    id: str = Field(description="Its name in answers")
    state: str = Field(description="starting, or ready when it works")
    since: datetime = Field(description="Since when it is in this state")


class FleetOut(Schema):
    """Queues, instances, functions, and what the scaler did lately."""

    queues: dict[str, QueueOut] = Field(description="By their names")
    instances: list[InstanceOut] = Field(description="The app tier's machines")
    states: dict[str, int] = Field(description="How many instances are in each state")
    functions: list[FunctionOut] = Field(description="The functions that run")
    decisions: list[DecisionOut] = Field(description="Newest first")
