"""Build the compiled twins: each ``.pyx`` under the packages. All else is in ``pyproject.toml``.

They are optional: without a C compiler there is a warning, and the twins in plain Python work. The C goes to
``build/``.
"""

import os
from itertools import chain
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError


class BuildTwins(build_ext):
    """Build on all cores; leave out what cannot be built, also where there is no compiler to call."""

    def finalize_options(self) -> None:
        """Let as many compilers run at once as there are cores."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extension(self, ext: Extension) -> None:
        """Build one module; ``CompileError`` leaves it out, also what an earlier source gave."""
        try:
            super().build_extension(ext)
        except (OSError, CompileError) as error:
            place = Path(*ext.name.split("."))
            for stale in place.parent.glob(f"{place.name}.*.so"):
                stale.unlink()
            raise CompileError(str(error)) from error


SOURCES = chain(Path("gateway").rglob("*.pyx"), Path("protocols").rglob("*.pyx"))

twins = cythonize(
    sorted(path.as_posix() for path in SOURCES),
    build_dir="build/cython",
    compiler_directives={
        "language_level": 3,
        "boundscheck": False,
        "wraparound": False,
        "cdivision": True,
    },
    quiet=True,
)
for twin in twins:
    twin.optional = True

setup(cmdclass={"build_ext": BuildTwins}, ext_modules=twins)
