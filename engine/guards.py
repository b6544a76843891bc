"""Guards: what a run may change before it stops and asks; looked at before anything is published.

Each table has one against rows that leave, and ARR one against moving, unless the spec writes another in its place.
None of them looks at what there was nothing of before: a first run, a new table, a number that was empty everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from compiler.duckdb_functions import quote_name
from compiler.plan import Guard, Plan
from engine.copies import STAMP
from engine.reconcile import Reconciled
from engine.report import GuardReport
from engine.workspace import CURRENT, WORK, Workspace, name_of
from grammar.source import NOWHERE

BUILT_IN_PERCENT = "25"
# Up to so many rows may leave a table unless the spec itself says how many may.
FEW_ROWS = 10
SHOWN_IDS = 10
_CATALOG = frozenset({"columns", "picklist_options"})


class _Limit(NamedTuple):
    guard: Guard
    written: bool


def look_at_guards(
    space: Workspace, plan: Plan, tables: Sequence[Reconciled], dropped: Sequence[str]
) -> tuple[GuardReport, ...]:
    """Every guard that has something to compare, with its limit and what this run would do.

    Args:
        space: the workspace, with the published store attached.
        plan: the plan, with the guards of the spec.
        tables: the tables with their differences.
        dropped: published tables that the plan has no more.
    """
    by_name = {one.counts.table: one for one in tables}
    found = [_leave(space, limit, by_name, dropped) for limit in _leaves(plan, by_name, dropped)]
    if "accounts" in by_name and by_name["accounts"].comparison.current:
        found += [_move(space, limit, by_name["accounts"]) for limit in _moves(plan)]
        found += [
            _fill(space, _Limit(guard, True))
            for guard in plan.guards
            if guard.kind == "fill" and "account_owners" in by_name
        ]
    return tuple(one for one in found if one is not None)


def _leaves(plan: Plan, by_name: Mapping[str, Reconciled], dropped: Sequence[str]) -> list[_Limit]:
    written = {guard.subject: guard for guard in plan.guards if guard.kind == "leave"}
    return [
        _Limit(written.get(name) or Guard("leave", name, BUILT_IN_PERCENT, NOWHERE), name in written)
        for name in (*by_name, *dropped)
        if name not in _CATALOG
    ]


def _moves(plan: Plan) -> list[_Limit]:
    written = [_Limit(guard, True) for guard in plan.guards if guard.kind == "move"]
    if not any(limit.guard.subject == "arr" for limit in written):
        written.insert(0, _Limit(Guard("move", "arr", BUILT_IN_PERCENT, NOWHERE), False))
    return written


def _leave(
    space: Workspace, limit: _Limit, by_name: Mapping[str, Reconciled], dropped: Sequence[str]
) -> GuardReport | None:
    table = limit.guard.subject
    if table in dropped:
        before = exits = _rows_of_dropped(space, table)
        ids: tuple[str, ...] = ()
    else:
        one = by_name[table]
        before, exits = one.counts.active_before, one.counts.exits
        ids = _leavers(space, one) if exits else ()
    if not before:
        return None
    share = Decimal(100 * exits) / before
    exceeded = share > Decimal(limit.guard.percent) and (limit.written or exits > FEW_ROWS)
    return _report(limit, share, f"{exits:,} of {before:,} rows leave", ids, exceeded)


def _rows_of_dropped(space: Workspace, table: str) -> int:
    target = (CURRENT, "statisfy", table)
    active = "WHERE record_status = 'active'" if "record_status" in space.columns(target) else ""
    return int(space.value(f"SELECT count(*) FROM {name_of(*target)} {active}"))


def _leavers(space: Workspace, one: Reconciled) -> tuple[str, ...]:
    key = " || ' ' || ".join(f"CAST({quote_name(name)} AS VARCHAR)" for name in one.comparison.table.key)
    rows = space.run(
        f"SELECT {key} AS shown FROM {one.comparison.delta} WHERE old_status = 'active' AND status <> 'active'"
        f" ORDER BY shown LIMIT {SHOWN_IDS}"
    )
    return tuple(shown for (shown,) in rows)


def _move(space: Workspace, limit: _Limit, accounts: Reconciled) -> GuardReport | None:
    """The share by which a number moves; amounts of different currencies are not added up, the largest share counts."""
    comparison = accounts.comparison
    column, currency = limit.guard.subject, f"{limit.guard.subject}_currency"
    kinds = (comparison.columns.get(column), comparison.current.get(column))
    if any(kind is None or kind.kind != "decimal" for kind in kinds):
        return None
    new, old = f"w.{quote_name(column)}", comparison.as_now(column, "c.")
    one_currency = "TRUE"
    group = "''"
    if currency in comparison.columns and currency in comparison.current:
        one_currency = f"w.{quote_name(currency)} IS NOT DISTINCT FROM c.{quote_name(currency)}"
        group = f"coalesce(c.{quote_name(currency)}, w.{quote_name(currency)}, '')"
    moved = (
        f"CASE WHEN {one_currency} THEN abs(coalesce({new}, 0) - coalesce({old}, 0)) ELSE abs(coalesce({old}, 0)) END"
    )
    # A row that was forgotten has no stamp, and nothing that its values of now could be compared with.
    known = f" AND c.{quote_name(STAMP)} IS NOT NULL" if STAMP in comparison.current else ""
    both = (
        f"FROM {comparison.wanted} AS w JOIN {comparison.published} AS c ON {comparison.same_key('w', 'c')}"
        f" WHERE c.record_status = 'active'{known}"
    )
    sums = space.run(
        f"SELECT {group}, CAST(sum(abs(coalesce({old}, 0))) AS VARCHAR), CAST(sum({moved}) AS VARCHAR)"
        f" {both} GROUP BY 1 ORDER BY 1"
    )
    shares = [
        (100 * Decimal(by) / Decimal(before), Decimal(by), Decimal(before), code)
        for code, before, by in sums
        if Decimal(before)
    ]
    if not shares:
        return None
    share, by, before, code = max(shares)
    ids = space.run(f'SELECT c."Id" {both} AND {moved} > 0 ORDER BY {moved} DESC, c."Id" LIMIT {SHOWN_IDS}')
    words = f"{by:,f} of {before:,f}{f' {code}' if code else ''} moves"
    exceeded = share > Decimal(limit.guard.percent)
    return _report(limit, share, words, tuple(key for (key,) in ids), exceeded)


def _fill(space: Workspace, limit: _Limit) -> GuardReport | None:
    accounts, owners = name_of(WORK, "wanted", "accounts"), name_of(WORK, "wanted", "account_owners")
    without = (
        f"FROM {accounts} AS a WHERE a.account_type = 'customer' AND NOT EXISTS (SELECT 1 FROM {owners} AS o"
        ' WHERE o.account_id = a."Id" AND lower(o.owner_type) = lower(?))'
    )
    kind = limit.guard.subject
    customers = space.value(f"SELECT count(*) FROM {accounts} WHERE account_type = 'customer'")
    if not customers:
        return None
    empty = space.value(f"SELECT count(*) {without}", [kind])
    ids = space.run(f'SELECT a."Id" {without} ORDER BY 1 LIMIT {SHOWN_IDS}', [kind])
    share = Decimal(100 * (customers - empty)) / customers
    words = f"{customers - empty:,} of {customers:,} customers have one"
    return _report(limit, share, words, tuple(key for (key,) in ids), share < Decimal(limit.guard.percent))


def _report(limit: _Limit, share: Decimal, words: str, ids: tuple[str, ...], exceeded: bool) -> GuardReport:
    guard = limit.guard
    percent = f"{share.quantize(Decimal('0.01')).normalize():f}"
    return GuardReport(guard.kind, guard.subject, guard.percent, percent, words, ids, limit.written, exceeded)
