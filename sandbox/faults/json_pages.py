"""Pages of REST queries that are cut, patched or contradict themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from compiler.print_soql import print_query
from compiler.schema import NUMBER_TYPES, SObject
from grammar.parse import parse_query
from grammar.soql_tree import And, Comparison, Condition, Paren, Query
from sandbox.changes import apply_changes
from sandbox.exact_json import exact_json
from sandbox.faults.model import Entry, Hit
from sandbox.faults.places import soql_of
from sandbox.faults.refusals import stamp_tests
from sandbox.faults.transfers import whole_body
from sandbox.wire import Answer, Call, NumberText

if TYPE_CHECKING:
    from sandbox.server import Sandbox

Page = dict[str, Any]  # JSON of any kind


def exact(text: bytes) -> Any:  # any JSON may come
    """JSON whose numbers with a point keep their digits; raises ValueError."""
    return json.loads(text, parse_float=NumberText)


def exact_bytes(value: object) -> bytes:
    """The JSON of what `exact` read."""
    return exact_json(value).encode("utf-8", "surrogatepass")


def _changed(hit: Hit, change: Callable[[Page], Page | None]) -> Answer:
    """The true page, changed; None where there is nothing to change."""
    answer = hit.real()
    if answer.status != 200:
        return hit.passed_over(answer)
    page = change(exact(whole_body(answer)))
    return hit.passed_over(answer) if page is None else answer._replace(body=exact_bytes(page))


def done_false_no_next(hit: Hit) -> Answer:
    """A page that says there is more and does not say where."""

    def change(page: Page) -> Page:
        page.pop("nextRecordsUrl", None)
        return page | {"done": False}

    return _changed(hit, change)


def ragged_pages(hit: Hit) -> Answer:
    """The records in pages of all sizes, one of them empty."""
    version = hit.call.path.split("/")[3]

    def change(page: Page) -> Page | None:
        records = page["records"]
        if not records:
            return None
        sizes: list[int] = []
        while sum(sizes) < len(records):
            sizes.append(hit.random.randint(1, max(len(records) // 2, 1)))
        sizes.insert(1, 0)
        ends = list(accumulate(sizes))
        following = page.get("nextRecordsUrl")
        part: Page = page
        for number, size in reversed(list(enumerate(sizes))):
            part = {"totalSize": page["totalSize"], "done": following is None}
            if following is not None:
                part["nextRecordsUrl"] = following
            part["records"] = records[ends[number] - size : ends[number]]
            if number:
                name = f"0r8RAGGED{hit.entry.number:04d}{hit.number:06d}-{ends[number] - size}.{number}"
                following = f"/services/data/{version}/query/{name}"
                hit.sandbox.faults.kept[following] = exact_bytes(part)
        return part

    return _changed(hit, change)


def duplicate_rows(hit: Hit) -> Answer:
    """A row twice in the page, and once more at the beginning of the next; the later copies are newer."""

    def change(page: Page) -> Page | None:
        again = hit.entry.state.pop(hit.call.path, None)
        if again is not None:
            return page | {"records": [again, *page["records"]]}
        rows = [at for at, record in enumerate(page["records"]) if "Id" in record]
        if not rows:
            return None
        at = hit.random.choice(rows)
        newer = _touched(hit, page["records"][at])
        more = 1
        if following := page.get("nextRecordsUrl"):
            hit.entry.state[following] = newer
            more = 2
        records = [*page["records"][: at + 1], newer, *page["records"][at + 1 :]]
        return page | {"totalSize": page["totalSize"] + more, "records": records}

    return _changed(hit, change)


def begins_or_goes_on(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a page is the first of a query, or one that was promised the second copy of a row."""
    return "/query/" not in call.path.lower() or call.path in entry.state


def _touched(hit: Hit, record: Page) -> Page:
    """The record with a newer stamp, which the org has from now on."""
    kind = record["attributes"]["type"]
    now = hit.sandbox.org.now().isoformat()
    apply_changes(hit.sandbox.org, [{"op": "system_touch", "object": kind, "id": record["Id"], "at": now}])
    stamp = hit.sandbox.org.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return record | ({"SystemModstamp": stamp} if "SystemModstamp" in record else {})


def poison_row(hit: Hit) -> Answer:
    """One record with a value that cannot be, or with another record's Id."""

    def change(page: Page) -> Page | None:
        records = page["records"]
        if not records or "attributes" not in records[0]:
            return None
        sobject = hit.sandbox.org.schema.object(records[0]["attributes"]["type"])
        at = hit.random.randrange(len(records))
        poison = poison_for(hit, sobject, list(records[at]), [str(r.get("Id", "")) for r in records], at)
        if poison is None:
            return None
        records[at] |= {poison[0]: poison[1] if poison[2] else NumberText(poison[1])}
        return page

    return _changed(hit, change)


def poison_for(
    hit: Hit, sobject: SObject | None, names: list[str], ids: list[str], at: int
) -> tuple[str, str, bool] | None:
    """The column, the value and whether that is text, for a row of these columns; None where none suits."""
    how = hit.text("how")
    fields = [f for f in (sobject.field(name) for name in names) if f is not None] if sobject else []
    for field in fields:
        if how in (None, "date") and field.type in ("date", "datetime"):
            return field.name, "2026-02-30" + ("T25:61:00.000+0000" if field.type == "datetime" else ""), True
    for field in fields:
        if how in (None, "number") and field.type in NUMBER_TYPES:
            return field.name, "9" * 60, False
    others = [other for number, other in enumerate(ids) if number != at and other]
    if how in (None, "key") and "Id" in names and others:
        return "Id", others[0], True
    return None


def has_window(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a query asks for a range of a stamp, so that a row can lie outside of it."""
    tree = parse_query(soql_of(call) or "").tree
    return tree is not None and bool(stamp_tests(tree.where))


def out_of_window(hit: Hit) -> Answer:
    """The rows of the window that was asked for, and one from outside of it."""
    tree = parse_query(soql_of(hit.call) or "").tree
    assert tree is not None
    wider = hit.proceed(hit.call._replace(query={**hit.call.query, "q": print_query(_without_window(tree)).text}))

    def change(page: Page) -> Page | None:
        if wider.status != 200 or not page.get("done"):
            return None
        inside = {record.get("Id") for record in page["records"]}
        outside = [record for record in exact(whole_body(wider))["records"] if record.get("Id") not in inside]
        if not outside:
            return None
        records = [*page["records"], hit.random.choice(outside)]
        return page | {"totalSize": page["totalSize"] + 1, "records": records}

    return _changed(hit, change)


def _without_window(query: Query) -> Query:
    where = _outside(query.where, {id(leaf) for leaf in stamp_tests(query.where)})
    return Query(
        query.select, query.source, query.span, query.scope, where, query.with_, query.group_by, query.having,
        query.order_by, query.limit, query.offset, query.for_, query.update,
    )  # fmt: skip


def _outside(condition: Condition | None, windows: set[int]) -> Condition | None:
    match condition:
        case Comparison() if id(condition) in windows:
            return None
        case Paren(inner=inner):
            kept = _outside(inner, windows)
            return None if kept is None else Paren(kept, condition.span)
        case And(operands=operands):
            left = tuple(o for o in (_outside(operand, windows) for operand in operands) if o is not None)
            return And(left, condition.span) if len(left) > 1 else left[0] if left else None
        case _:
            return condition
