"""The worst deviation of each kind from the reference, printed at the end of the run. A pytest
plugin: with pytest-xdist, what its processes have found comes together in the run's own."""

from __future__ import annotations

from typing import Any

import pytest

WORST = pytest.StashKey[dict[str, float]]()


@pytest.fixture(scope="session")
def worst(request: pytest.FixtureRequest) -> dict[str, float]:
    """What a test adds its own to: what deviates -> the most it did."""
    return request.config.stash.setdefault(WORST, {})


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["worst"] = session.config.stash.get(WORST, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    figures = node.config.stash.setdefault(WORST, {})
    for name, value in getattr(node, "workeroutput", {}).get("worst", {}).items():
        figures[name] = max(value, figures.get(name, 0.0))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = config.stash.get(WORST, {})
    if figures:
        terminalreporter.section("worst deviation from the reference")
        for name, value in sorted(figures.items()):
            terminalreporter.write_line(f"{name}: {value:.3g}")
