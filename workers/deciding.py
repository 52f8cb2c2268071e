"""How strictly faces are named: as configured, except for a request's options."""

from dataclasses import replace

from foundation.config import Settings
from foundation.messages import RecogniseOptions
from recognition.open_set import DecisionSettings

OF_THE_DECISION = ("candidates", "least_probability", "threshold")


def deciding_of(settings: Settings, options: RecogniseOptions | None = None) -> DecisionSettings:
    """The decision's settings. The web tier shows the threshold that follows from them."""
    deciding = DecisionSettings(
        fpir=settings.strangers_named / 100.0,
        threshold=settings.recognition_threshold,
        least_probability=settings.min_probability,
        same_person_twice=settings.same_person_twice,
    )
    if options is None:
        return deciding
    overrides = {name: getattr(options, name) for name in OF_THE_DECISION if name in options.given}
    return replace(deciding, **overrides)
