"""What installed packages say that they need, and is not there."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from collections.abc import Iterable, Iterator

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.environment import UnmetRequirement
from litesmith.environment.packages import NIGHTLY, version_of


def unmet_requirements(names: Iterable[str]) -> Iterator[Diagnostic]:
    """A finding for each requirement of these distributions that what is installed does not meet."""
    if importlib.util.find_spec("packaging") is None:  # Keras needs it, and so it is there where Keras is whole
        yield UnmetRequirement("keras", "packaging", None)
        return
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    for name in names:
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        (python,) = metadata.get_all("Requires-Python") or [""]
        if python and not SpecifierSet(python).contains(platform.python_version(), prereleases=True):
            yield UnmetRequirement(name, f"Python {python}", platform.python_version())
        for text in metadata.get_all("Requires-Dist") or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            version = version_of(requirement.name) or version_of(NIGHTLY.get(requirement.name, requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                yield UnmetRequirement(name, f"{requirement.name}{requirement.specifier}", version)
