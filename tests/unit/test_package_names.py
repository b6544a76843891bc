"""The folders are the import packages, under general names: nobody else may have them."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions

import pytest

PACKAGES = ("grammar", "compiler", "engine", "sandbox", "console")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_has_the_package(package: str):
    """No installed distribution but Accord brings a package of that name."""
    owners = set(packages_distributions().get(package, ()))

    assert owners <= {"accord"}
    assert package not in sys.stdlib_module_names
