"""Change the modules that decide, one small change at a time, and see whether their tests notice.

`make mutation` tries 60 changes of each, drawn by a seed: a quarter of an hour on two idle cores.
`python -m tests.mutation sizing retiring` tries all of some modules. Each module is changed by
mutmut in a copy of the checkout. What came of it is written to
`tests/mutation/results.json`, from which the documents' site makes a page.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.mutation.modules import TESTS_OF
from tests.mutation.results import RESULTS, WANTED_PERCENT, Outcome, Unnoticed, read_results

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent.name for path in PROJECT.glob("*/__init__.py"))
SEED = 1
GRACE_SECONDS = 4
"""mutmut adds it to what the tests take, and waits 15 times as long: a minute at least. What is not
over then is an endless loop, and counts as noticed."""

DIFFS = """
import json, sys, pathlib
from mutmut.mutation.diff_apply import get_diff_for_mutant
module, *names = sys.argv[1:]
print(json.dumps([get_diff_for_mutant(name, path=pathlib.Path(module)) for name in names]))
"""
"""`mutmut show`, which takes seconds, for many at once."""


def main() -> int:
    arguments = _arguments()
    names = [name for name in TESTS_OF if not arguments.names or Path(name).stem in arguments.names]
    outcomes = [_told(change(module, arguments.most)) for module in names]
    return 0 if outcomes and all(one.percent >= WANTED_PERCENT for one in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("names", nargs="*", help="modules by their last name; default: all")
    parser.add_argument(
        "--most", type=int, metavar="N", help="try N changes of a module, drawn by chance (all)"
    )
    return parser.parse_args()


def _told(outcome: Outcome) -> Outcome:
    """Print the outcome, and keep it beside those of other modules."""
    print(
        f"{outcome.module:<40} {outcome.noticed:4} of {outcome.tried} noticed: "
        f"{outcome.percent:.0f} %",
        flush=True,
    )
    for one in outcome.unnoticed:
        print(f"    {one.function}: {one.old} -> {one.new}", flush=True)
    kept = {one.module: one for one in read_results()} | {outcome.module: outcome}
    rows = [asdict(kept[module]) for module in TESTS_OF if module in kept]
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    return outcome


def change(module: str, most: int | None) -> Outcome:
    """Run mutmut on one module in a copy of the checkout."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder)
        _copy_checkout(copy)
        (copy / "setup.cfg").write_text(_configuration(module))
        states = _tried(copy, module, most)
        unnoticed = [name for name, state in states.items() if state not in ("killed", "timeout")]
        return Outcome(
            module=module,
            tried=len(states),
            changes=len(_states(copy)),
            unnoticed=_shown(copy, module, sorted(unnoticed)),
        )


def _tried(copy: Path, module: str, most: int | None) -> dict[str, str]:
    """Try the changes, or `most` of them; return what became of each that was tried."""
    if most is None:
        _run(copy, module)
        return _states(copy)
    _run(copy, module, "*__mutmut_1")
    names = sorted(_states(copy))
    drawn = random.Random(SEED).sample(names, min(most, len(names)))  # noqa: S311
    _run(copy, module, *drawn)
    states = _states(copy)
    return {name: states[name] for name in drawn}


def _run(copy: Path, module: str, *names: str) -> None:
    ended = _mutmut(copy, "run", "--max-children", "1", *names)  # one database serves all tests
    if ended.returncode:
        sys.exit(f"mutmut could not test {module}:\n{(ended.stdout + ended.stderr)[-2000:]}")


def _shown(copy: Path, module: str, names: Sequence[str]) -> tuple[Unnoticed, ...]:
    """The changes by their names, from the lines of mutmut's diffs."""
    asked = [sys.executable, "-c", DIFFS, module, *names]
    printed = subprocess.run(asked, cwd=copy, check=True, capture_output=True, text=True).stdout
    return tuple(
        Unnoticed(
            function=_function(name),
            old=" ".join(_marked(diff.splitlines(), "-")),
            new=" ".join(_marked(diff.splitlines(), "+")),
        )
        for name, diff in zip(names, json.loads(printed), strict=True)
    )


def _function(name: str) -> str:
    """The function's own name: mutmut writes `module.x_function`, or `module.xǁClassǁfunction`."""
    mangled = name.rpartition("__mutmut_")[0].rpartition(".")[2]
    return mangled.rpartition("ǁ")[2].removeprefix("x_")


def _marked(lines: Sequence[str], mark: str) -> Iterator[str]:
    """The lines of a diff that one side alone has; not its head of `---` and `+++`."""
    return (line[1:].strip() for line in lines if line.startswith(mark) and line[:3] != 3 * mark)


def _copy_checkout(folder: Path) -> None:
    """The files that git knows, and new ones that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)


def _configuration(module: str) -> str:
    values = {
        "source_paths": [name for name in PACKAGES if name != "tests"],
        "only_mutate": [module],
        "also_copy": ["manage.py", "Makefile"],
        "pytest_add_cli_args_test_selection": list(TESTS_OF[module]),
        "pytest_add_cli_args": ["--nomigrations"],
        "timeout_constant": [str(GRACE_SECONDS)],
    }
    lines = (f"{key}=\n    " + "\n    ".join(value) for key, value in values.items())
    return "[mutmut]\n" + "\n".join(lines) + "\n"


def _mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=folder, check=False, capture_output=True, text=True,
    )  # fmt: skip


def _states(copy: Path) -> dict[str, str]:
    """Name of each change and what became of it: mutmut's own lines `name: state`."""
    results = _mutmut(copy, "results", "--all", "true").stdout
    lines = (line.strip().rpartition(": ") for line in results.splitlines() if ": " in line)
    return {name: state for name, _, state in lines}


if __name__ == "__main__":
    sys.exit(main())
