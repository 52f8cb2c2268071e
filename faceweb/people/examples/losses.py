"""What a change of the gallery's model can't carry over, and why, in words."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from recognition.gallery.gallery import Gallery

NO_PICTURE = "no cut-out of it was kept"
PICTURE_GONE = "its cut-out is gone from storage"
NO_FACE = "no face was found in its cut-out"


@dataclass(frozen=True, slots=True)
class ExampleOf:
    """One example of the old gallery: whose, and its name."""

    person_id: str
    example_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What can't be carried over: the examples of people who keep others, and people who lose
    all. By the person's name, with the reason of each example."""

    examples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.examples or self.people)

    def lines(self) -> list[str]:
        """A line a person, for people; those that the gallery loses first."""
        lost = [
            f"{name} can't be carried over, {_counted(why)}" for name, why in self.people.items()
        ]
        fewer = [f"{name} loses {_counted(why)}" for name, why in self.examples.items()]
        return lost + fewer


def _counted(reasons: Sequence[str]) -> str:
    """A part for each reason, such as "2 examples: no cut-out of it was kept"."""
    return "; ".join(
        f"{count} example{'' if count == 1 else 's'}: {reason}"
        for reason, count in Counter(reasons).items()
    )


def losses_of(gallery: Gallery, reasons: Mapping[ExampleOf, str]) -> Losses:
    """Who and what of the gallery is lost, by the reasons why examples have no new embedding."""
    lost: dict[str, list[str]] = defaultdict(list)
    for example, reason in reasons.items():
        if example.person_id in gallery.people:
            lost[example.person_id].append(reason)
    names = {one: gallery.people[one].name for one in lost}
    whole = {one for one in lost if len(lost[one]) >= gallery.people[one].examples}
    return Losses(
        people={names[one]: lost[one] for one in lost if one in whole},
        examples={names[one]: lost[one] for one in lost if one not in whole},
    )
