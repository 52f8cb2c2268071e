"""The modules that decide, each with its own unit tests."""

from __future__ import annotations

TESTS_OF: dict[str, tuple[str, ...]] = {
    "scaler/sizing.py": ("tests/scaler/deciding/test_sizing.py",),
    "scaler/retiring.py": ("tests/scaler/deciding/test_retiring.py",),
    "scaler/policy.py": ("tests/scaler/test_policy.py",),
    "recognition/matching.py": ("tests/recognition/test_open_set.py",),
    "recognition/open_set.py": ("tests/recognition/test_open_set.py",),
    "workers/messages.py": ("tests/workers/test_messages.py",),
    "faceweb/responses.py": ("tests/faceweb/test_responses.py",),
    "faceweb/sweep.py": ("tests/faceweb/test_sweep.py",),
    "faceweb/submission.py": ("tests/faceweb/test_submission.py",),
    "faceweb/erasing.py": ("tests/faceweb/test_erasing.py",),
    "faceweb/callers.py": ("tests/faceweb/test_callers.py",),
}
