"""Faults on command: what real orgs do to their clients now and then, at will and repeatable from a seed."""

from sandbox.faults.active import Faults
from sandbox.faults.catalogue import FAULTS

__all__ = ["FAULTS", "Faults"]
