"""Change the modules that decide, one small change at a time, and see whether their tests notice.

`make mutation` takes all of them, which takes hours; `python -m tests.mutation sizing retiring`
takes some. Each module is changed by mutmut in a copy of the checkout. The table says how many
changes its own unit tests noticed; the changes that nobody noticed are in `var/mutation/`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.modules import TESTS_OF

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent.name for path in PROJECT.glob("*/__init__.py"))
WANTED_PERCENT = 90


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one module's changes."""

    module: str
    noticed: int
    unnoticed: tuple[str, ...]

    @property
    def percent(self) -> float:
        changes = self.noticed + len(self.unnoticed)
        return 100 * self.noticed / changes if changes else 0.0


def main() -> int:
    arguments = _arguments()
    modules = [
        name for name in TESTS_OF if not arguments.names or Path(name).stem in arguments.names
    ]
    outcomes = []
    for module in modules:
        outcomes.append(change(module, arguments.show))
        last = outcomes[-1]
        print(
            f"{module:<40} {last.noticed:4} noticed, {len(last.unnoticed):3} not: "
            f"{last.percent:.0f} %",
            flush=True,
        )
    return 0 if outcomes and all(one.percent >= WANTED_PERCENT for one in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("names", nargs="*", help="modules by their last name; default: all")
    parser.add_argument(
        "--show", action="store_true", help="print each change that no test noticed"
    )
    return parser.parse_args()


def change(module: str, show: bool) -> Outcome:
    """Run mutmut on one module in a copy of the checkout."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder)
        _copy_checkout(copy)
        (copy / "setup.cfg").write_text(_configuration(module))
        ended = _mutmut(copy, "run", "--max-children", str(os.cpu_count()))
        if ended.returncode:
            sys.exit(f"mutmut could not test {module}:\n{(ended.stdout + ended.stderr)[-2000:]}")
        states = _states(_mutmut(copy, "results", "--all", "true").stdout)
        if not states:
            sys.exit(f"mutmut found nothing to change in {module}:\n{ended.stdout[-2000:]}")
        noticed = [name for name, state in states.items() if state in ("killed", "timeout")]
        unnoticed = tuple(name for name in states if name not in noticed)
        if show:
            for name in unnoticed:
                print(_mutmut(copy, "show", name).stdout)
        return Outcome(module, len(noticed), unnoticed)


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
    }
    lines = (f"{key}=\n    " + "\n    ".join(value) for key, value in values.items())
    return "[mutmut]\n" + "\n".join(lines) + "\n"


def _mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=folder, check=False, capture_output=True, text=True,
    )  # fmt: skip


def _states(results: str) -> dict[str, str]:
    """Name of each change and what became of it: mutmut's own lines `name: state`."""
    lines = (line.strip().rpartition(": ") for line in results.splitlines() if ": " in line)
    return {name: state for name, _, state in lines}


if __name__ == "__main__":
    sys.exit(main())
