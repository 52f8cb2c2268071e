"""Builds the wheel `face-engine`: a library for each width of this architecture's registers."""

import platform
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))

from building import WIDTHS, compile_library, compiler, library_name

PACKAGE = "face_engine"
MODULES = ("__init__", "__main__", "building")
"""The files of this folder in the package; the rest belongs to the recogniser."""


class BuildKernels(build_py):
    """Copies the modules, and compiles beside them."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """Only the package's own modules: (package, module, file)."""
        found = super().find_package_modules(package, package_dir)
        return [each for each in found if each[1] in MODULES]

    def run(self) -> None:
        super().run()
        for width in WIDTHS:
            if platform.machine() in width.machines:
                compile_library(
                    compiler(), width, Path(self.build_lib) / PACKAGE / library_name(width)
                )


class PlatformWheel(bdist_wheel):
    """One wheel for all versions of Python: the library knows none of them."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


class Compiled(Distribution):
    """Holds what runs on one architecture only."""

    def has_ext_modules(self) -> bool:
        return True


if __name__ == "__main__":
    setup(distclass=Compiled, cmdclass={"build_py": BuildKernels, "bdist_wheel": PlatformWheel})
