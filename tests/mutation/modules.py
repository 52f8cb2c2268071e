"""The modules that decide, each with its own unit tests."""

from __future__ import annotations

TESTS_OF: dict[str, tuple[str, ...]] = {
    "scaler/deciding/sizing.py": ("tests/scaler/deciding/test_sizing.py",),
    "scaler/deciding/retiring.py": ("tests/scaler/deciding/test_retiring.py",),
    "scaler/deciding/policy.py": (
        "tests/scaler/deciding/test_policy.py",
        "tests/scaler/deciding/test_scale_in.py",
        "tests/scaler/deciding/test_failing_instances.py",
        "tests/scaler/deciding/test_bursting.py",
    ),
    "recognition/matching.py": ("tests/recognition/test_open_set.py",),
    "recognition/open_set.py": ("tests/recognition/test_open_set.py",),
    "foundation/messages.py": ("tests/foundation/test_messages.py",),
    "faceweb/replies/collector.py": ("tests/faceweb/replies/test_collector.py",),
    "faceweb/replies/pace.py": ("tests/faceweb/replies/test_pace.py",),
    "faceweb/replies/responses.py": ("tests/faceweb/replies/test_responses.py",),
    "faceweb/replies/gathering.py": ("tests/faceweb/replies/test_gathering.py",),
    "faceweb/replies/sweep.py": ("tests/faceweb/replies/test_sweep.py",),
    "faceweb/jobs/departures.py": ("tests/faceweb/jobs/test_departures.py",),
    "faceweb/intake/submission.py": ("tests/faceweb/intake/test_submission.py",),
    "faceweb/intake/writing.py": ("tests/faceweb/intake/test_writing.py",),
    "faceweb/jobs/erasing.py": ("tests/faceweb/jobs/test_erasing.py",),
    "faceweb/access/callers.py": ("tests/faceweb/access/test_callers.py",),
}
