"""Where the rows of a sum are: on accounts that are in, on others, on none, or rejected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from functools import partial
from typing import NamedTuple

from compiler.duckdb_functions import quote_name
from compiler.plan import Extract, ExtractColumn, Plan
from compiler.print_duckdb import print_relation
from compiler.probe import ids_that_fit, sum_query
from compiler.relation import Col, Extracted, Relation, Select
from compiler.relation_columns import LeafOf, inputs_of
from engine.at_once import records
from engine.errors import BrokenAnswerError
from engine.load import Staged, rejects_of
from engine.report import Share, Split
from engine.salesforce.answers import sum_of, whole_number
from engine.salesforce.client import SalesforceClient
from engine.salesforce.read import LONGEST_QUERY, address_length
from engine.workspace import WORK, Workspace, name_of

# For more Ids Salesforce is not asked what they add up to.
MOST_IDS = 2_000
_IN, _OUT, _NO_ACCOUNT = "in", "out", "no account"


class Number(NamedTuple):
    """A column of an extract that is added up; `rates`: what its amounts are divided by, by currency, if by anything.

    `currency` is the column with the currency of each row.
    """

    extract: Extract
    column: ExtractColumn
    currency: str | None = None
    rates: Mapping[str, Decimal] | None = None


def split_sum(
    client: SalesforceClient,
    space: Workspace,
    plan: Plan,
    number: Number,
    staged: Mapping[str, Staged],
    find: LeafOf,
    less: Sequence[str] = (),
) -> Split:
    """Add a number up, part by part; what was not read is asked of Salesforce by Id. See `Share` for what is unknown.

    Args:
        client: the connection.
        space: the workspace, with accounts computed.
        plan: the plan.
        number: what is added up.
        staged: the extracts.
        find: where the relations' extracts and tables are.
        less: the Ids of rows that are left out.

    Raises:
        SalesforceError: Salesforce does not answer.
    """
    extract = number.extract
    accounts = plan.table("accounts").extracts
    link = None if extract.id in accounts else _linked(plan, extract.id)
    place = _place_of_account(extract.id, accounts) if link is None else _place_of_child(link, find)
    parts = _read_parts(space, number, staged[extract.id], place, less)
    rejecting = accounts if link is None else (extract.id,)
    keys = " UNION ".join(f"SELECT key FROM {rejects_of(one)} WHERE key IS NOT NULL" for one in rejecting)
    rejected = _asked(client, plan, number, _others(_ids(space, keys), less))
    if not rejected.rows and staged[extract.id].rejected:
        rejected = Share(staged[extract.id].rejected, None)
    if staged[extract.id].listed is not None and link is not None:
        for name, ids in _unread(space, staged[extract.id], link):
            parts[name] = _both(parts[name], _asked(client, plan, number, _others(ids, less)))
    return Split(parts[_IN], parts[_OUT], parts[_NO_ACCOUNT], rejected)


def total(split: Split) -> str | None:
    """All parts added up; None where one is unknown."""
    if any(share.sum is None for share in split.shares):
        return None
    with localcontext() as context:
        context.prec = 80
        return f"{sum((Decimal(share.sum or 0) for share in split.shares), Decimal(0)):f}"


def _linked(plan: Plan, extract: str) -> Select:
    """The lowest relation over an extract that knows each row's account."""
    found = next(_account_selects(plan.table("accounts").relation, extract), None)
    if found is None:
        raise ValueError(f"accounts read {extract} without its account")
    return found


def _account_selects(relation: Relation, extract: str) -> Iterator[Select]:
    for one in inputs_of(relation):
        yield from _account_selects(one, extract)
    knows = isinstance(relation, Select) and any(column.name == "account_id" for column in relation.columns)
    if isinstance(relation, Select) and knows and _reads(relation, extract):
        yield relation


def _reads(relation: Relation, extract: str) -> bool:
    if isinstance(relation, Extracted):
        return relation.extract == extract
    return any(_reads(one, extract) for one in inputs_of(relation))


_ACCOUNTS_IN = f'SELECT "Id" FROM {name_of(WORK, "wanted", "accounts")}'


class _Place(NamedTuple):
    """The SQL that says where a row `e` of an extract is, and what must be joined for it."""

    place: str
    joined: str = ""


def _place_of_account(extract: str, accounts: Sequence[str]) -> _Place:
    """Of several types that have an account the first counts."""
    before = accounts[: accounts.index(extract)]
    earlier = "".join(
        f' AND e."Id" NOT IN (SELECT "Id" FROM {name_of(WORK, "staged", one)} WHERE "Id" IS NOT NULL)' for one in before
    )
    return _Place(f'CASE WHEN e."Id" IN ({_ACCOUNTS_IN}){earlier} THEN {_text(_IN)} ELSE {_text(_OUT)} END')


def _place_of_child(link: Select, find: LeafOf) -> _Place:
    parent, joined = "r.account_id", ""
    column = _link_column(link)
    if column is not None:
        parent = f"e.{quote_name(column)}"
    else:
        kept = tuple(c for c in link.columns if c.name in ("Id", "account_id"))
        rows = print_relation(Select(link.input, kept), find).text
        joined = f' LEFT JOIN ({rows}) AS r ON r."Id" = e."Id"'
    return _Place(
        f"CASE WHEN {parent} IS NULL THEN {_text(_NO_ACCOUNT)} WHEN {parent} IN ({_ACCOUNTS_IN}) THEN {_text(_IN)}"
        f" ELSE {_text(_OUT)} END",
        joined,
    )


def _link_column(link: Select) -> str | None:
    """The column of the extract itself that names the account; None where a value is looked up."""
    value = next(c.value for c in link.columns if c.name == "account_id")
    return value.name if isinstance(link.input, Extracted) and isinstance(value, Col) else None


def _text(word: str) -> str:
    return f"'{word}'"


def _others(ids: Sequence[str], less: Sequence[str]) -> list[str]:
    out = frozenset(less)
    return [key for key in ids if key not in out]


def _read_parts(space: Workspace, number: Number, here: Staged, where: _Place, less: Sequence[str]) -> dict[str, Share]:
    """The rows that were read, part by part."""
    currency = "NULL" if number.currency is None else f"e.{quote_name(number.currency)}"
    column = f"e.{quote_name(number.column.name)}"
    found: dict[str, list[tuple[int, str | None, str | None]]] = {_IN: [], _OUT: [], _NO_ACCOUNT: []}
    # To leave nothing out need not cost a look at every Id.
    others = ' WHERE e."Id" NOT IN (SELECT unnest(CAST(? AS VARCHAR[])))' if less else ""
    for name, code, rows, amount in space.run(
        f"SELECT {where.place} AS place, {currency} AS currency, count(*), CAST(sum({column}) AS VARCHAR)"
        f" FROM {name_of(*here.leaf.name)} AS e{where.joined}{others} GROUP BY 1, 2",
        [list(less)] if less else [],
    ):
        found[name].append((rows, amount, code))
    return {name: _share(number, parts) for name, parts in found.items()}


def _share(number: Number, parts: Sequence[tuple[int, str | None, str | None]]) -> Share:
    rows = sum(count for count, _, _ in parts)
    amounts = [(Decimal(amount), code) for _, amount, code in parts if amount is not None]
    with localcontext() as context:
        context.prec = 80
        if number.currency is None:
            return Share(rows, f"{sum((amount for amount, _ in amounts), Decimal(0)):f}")
        rates = number.rates or {}
        if any(not rates.get(code or "") for _, code in amounts):
            return Share(rows, None)
        converted = sum((amount / rates[code or ""] for amount, code in amounts), Decimal(0))
        return Share(rows, f"{converted.quantize(Decimal('1e-6')):f}")


def _unread(space: Workspace, here: Staged, link: Select) -> Iterator[tuple[str, list[str]]]:
    """The rows on the match list that nobody needed, since their account is not in, or they have none."""
    column = _link_column(link)
    if column is None:
        return
    absent = f'l."Id" NOT IN (SELECT "Id" FROM {name_of(*here.leaf.name)})'
    for name, test in ((_OUT, "IS NOT NULL"), (_NO_ACCOUNT, "IS NULL")):
        listed = f'SELECT l."Id" FROM {here.match_list} AS l WHERE l.{quote_name(column)} {test} AND {absent}'
        yield name, _ids(space, listed)


def _ids(space: Workspace, select: str) -> list[str]:
    return [key for (key,) in space.run(f"SELECT * FROM ({select}) AS s ORDER BY 1")]


def _asked(client: SalesforceClient, plan: Plan, number: Number, ids: Sequence[str]) -> Share:
    """What rows add up to in Salesforce itself; unknown for more than `MOST_IDS`."""
    if not ids:
        return Share(0, "0")
    if len(ids) > MOST_IDS:
        return Share(len(ids), None)
    query_of = partial(sum_query, plan.filter(number.extract.filter), number.column.path)
    fit = ids_that_fit(query_of, LONGEST_QUERY, address_length)
    found = Share(0, "0")
    for at in range(0, len(ids), fit):
        answer = records(client, query_of(ids[at : at + fit]))
        if answer:
            rows = whole_number(answer[0].get("n"))
            if rows is None:
                raise BrokenAnswerError(f"the answer about sums of {number.extract.object} has no count")
            found = _both(found, Share(rows, sum_of(answer, "total")))
    return found


def _both(one: Share, other: Share) -> Share:
    rows = one.rows + other.rows
    if one.sum is None or other.sum is None:
        return Share(rows, None)
    return Share(rows, f"{Decimal(one.sum) + Decimal(other.sum):f}")
