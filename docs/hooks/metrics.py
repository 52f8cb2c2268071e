"""The page of metrics, from the places in the code that name them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from docs.hooks.tables import table
from foundation.config import PROJECT_DIRECTORY

HEAD = """# Metrics

`GET /metrics` answers in Prometheus's text format. Counts are those of all web processes. What does
not answer, such as a queue, is left out of that scrape.
"""
KINDS = {
    "Histogram": "histogram", "Counter": "counter", "Gauge": "gauge", "GaugeMetricFamily": "gauge",
    "CounterMetricFamily": "counter",
}  # fmt: skip


def page() -> str:
    """Return the page: one row for each metric."""
    found = {row[0]: row for path in sorted(_sources()) for row in _metrics(path)}
    return HEAD + "\n" + table(("name", "type", "labels", "meaning"), map(found.get, sorted(found)))  # type: ignore[arg-type]


def _sources() -> Iterator[Path]:
    yield from (PROJECT_DIRECTORY / "faceweb").rglob("*.py")


def _metrics(path: Path) -> Iterator[tuple[str, str, str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        kind = KINDS.get(node.func.id)
        texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
        if kind and len(texts) == 2:
            yield f"`{texts[0]}`", kind, _labels(node), str(texts[1])


def _labels(call: ast.Call) -> str:
    named = [keyword.value for keyword in call.keywords if keyword.arg in ("labels", "labelnames")]
    lists = [*call.args[2:], *named]
    names = [
        str(element.value)
        for one in lists if isinstance(one, ast.List | ast.Tuple)
        for element in one.elts if isinstance(element, ast.Constant)
    ]  # fmt: skip
    return ", ".join(f"`{name}`" for name in names) or "none"
