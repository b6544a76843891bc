"""From a spec's tree and an org's schema to a plan. Pure: no file, no network, no clock.

describes ──schema──▶ Schema
Spec + Schema ──check (structure, resolve, writeback, clashes)──▶ ResolvedSpec + diagnostics
ResolvedSpec ──lower_plan (lower_soql, lower_accounts, lower_values, lower_links, lower_tables)──▶ Plan
Plan ──print_soql, print_duckdb──▶ text      ──plan_document, digest──▶ document
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import Checked, check_spec
from compiler.schema import Schema, build_schema
from grammar.spec_tree import Spec

if TYPE_CHECKING:
    from compiler.plan import Plan

__all__ = ["Checked", "Schema", "build_schema", "check_spec", "compile_spec"]


def compile_spec(spec: Spec, schema: Schema) -> Plan:
    """Check a spec and make its plan.

    Raises ValueError for a spec with errors: call `check_spec` to learn which.
    """
    # Most who import the compiler only check, as `accord lint` does, and should not wait for the other half of it.
    from compiler.lower_plan import lower_plan

    checked = check_spec(spec, schema)
    if checked.resolved is None or not checked.ok:
        raise ValueError("a spec with errors has no plan; check_spec names them")
    return lower_plan(spec, checked.resolved, schema)
