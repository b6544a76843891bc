"""What happens to the org's rows behind the client's back: the truth changes, and the client has to notice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from compiler.schema import NUMBER_TYPES, Field, SObject
from sandbox.changes import apply_changes
from sandbox.column_types import stored_fields
from sandbox.faults.model import Entry, Hit
from sandbox.faults.places import objects_of
from sandbox.quoting import identifier, text
from sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_HOSTILE = (
    "line\r\nbreaks\nof two kinds", 'say "hi", she said; a|b^c`d\te', '"', "\ufeffmark", "NUL\0inside",
    "🦆" * 40, ",,,", "\n",
)  # fmt: skip
_LONGEST_CELL = 131_072
_NEVER_DELETED = frozenset({"organization", "user"})
_LIKE_NUMBERS = ("0012345", "123456789012345678", "1e5", "NaN", "true", "null", "-0", "007.50")
_TEXT = ("string", "textarea", "url")


def target(sandbox: Sandbox, call: Call) -> SObject | None:
    """The one object that a call is about."""
    objects = objects_of(sandbox, call) or ()
    return next((found for name in objects if (found := sandbox.org.schema.object(name))), None)


def live_ids(hit: Hit, sobject: SObject, most: int) -> list[str]:
    """The first Ids of the object's live rows."""
    alive = 'WHERE NOT "IsDeleted"' if sobject.field("IsDeleted") else ""
    with hit.sandbox.org.cursor() as cursor:
        rows = cursor.execute(
            f'SELECT "Id" FROM {identifier(sobject.name)} {alive} ORDER BY "Id" LIMIT {most}'
        ).fetchall()
    return [str(row[0]) for row in rows]


def _change(hit: Hit, op: str, sobject: SObject, values: Iterable[tuple[str, Mapping[str, object]]]) -> None:
    now = hit.sandbox.org.now().isoformat()
    apply_changes(
        hit.sandbox.org,
        [{"op": op, "object": sobject.name, "id": at, "at": now, "fields": dict(fields)} for at, fields in values],
    )


def _text_field(hit: Hit, sobject: SObject) -> Field | None:
    """The field that the entry names, else the longest one that holds any text."""
    named = hit.text("field")
    if named is not None:
        return sobject.field(named)
    fields = [f for f in stored_fields(sobject) if f.type in _TEXT and f.updateable and f.name != "Name"]
    return max(fields, key=lambda f: f.length or 255, default=None)


def csv_hostile(hit: Hit) -> Answer:
    """Texts that break careless readers of CSV are written into rows of the org; their stamps move."""
    longest = "ä" * (_LONGEST_CELL - 1) + "."
    return _planted(hit, (*_HOSTILE, longest))


def text_like_numbers(hit: Hit) -> Answer:
    """Texts that look like numbers are written into rows of the org; their stamps move."""
    return _planted(hit, _LIKE_NUMBERS)


def _planted(hit: Hit, values: tuple[str, ...]) -> Answer:
    sobject = target(hit.sandbox, hit.call)
    field = _text_field(hit, sobject) if sobject else None
    if sobject is None or field is None:
        return hit.passed_over()
    most = field.length or 255
    fitting = [value for value in values if len(value) <= most]
    ids = live_ids(hit, sobject, len(fitting))
    if not ids:
        return hit.passed_over()
    # where rows are few, the last of them takes the place of all values that are left
    pairs = [(at, {field.name: value}) for at, value in zip(ids, fitting[: len(ids) - 1] + fitting[-1:], strict=False)]
    _change(hit, "update", sobject, pairs)
    return hit.real()


def soft_delete_undelete(hit: Hit) -> Answer:
    """A row is deleted; with the next hit it comes back."""
    sobject = target(hit.sandbox, hit.call)
    if sobject is None or not sobject.field("IsDeleted") or sobject.name.lower() in _NEVER_DELETED:
        return hit.passed_over()
    deleted = hit.entry.state.pop(sobject.name, None)
    if deleted is not None:
        _change(hit, "undelete", sobject, [(str(deleted), {})])
        return hit.real()
    ids = [hit.text("id") or ""] if hit.text("id") else live_ids(hit, sobject, 1)
    if not ids:
        return hit.passed_over()
    _change(hit, "delete", sobject, [(ids[0], {})])
    hit.entry.state[sobject.name] = ids[0]
    return hit.real()


def formula_drift(hit: Hit) -> Answer:
    """The values of a formula change, and no stamp moves."""
    sobject = target(hit.sandbox, hit.call)
    named = hit.text("field")
    fields = [
        f
        for f in (stored_fields(sobject) if sobject else ())
        if (f.name.lower() == named.lower() if named else f.calculated)
        and (f.type in NUMBER_TYPES or f.type in _TEXT or f.type == "boolean")
        and sobject is not None
        and f.name not in hit.sandbox.org.computed.names(sobject.name)
    ]
    ids = live_ids(hit, sobject, hit.whole("rows")) if sobject and fields else []
    if sobject is None or not ids:
        return hit.passed_over()
    listed = ", ".join(text(at) for at in ids)
    with hit.sandbox.org.writing() as cursor:
        for field in fields:
            column = identifier(field.name)
            if field.type in NUMBER_TYPES:
                drifted = f"coalesce({column}, 0) + 1"
            else:
                drifted = f"NOT {column}" if field.type == "boolean" else f"coalesce({column}, '') || '*'"
            cursor.execute(f'UPDATE {identifier(sobject.name)} SET {column} = {drifted} WHERE "Id" IN ({listed})')
    return hit.real()


def archived_tasks(hit: Hit) -> Answer:
    """Tasks that are older than a year are archived: only queryAll sees them."""
    sobject = hit.sandbox.org.schema.object("Task")
    if sobject is None or sobject.field("IsArchived") is None or hit.entry.state.get("done"):
        return hit.passed_over()
    before = hit.sandbox.org.now() - timedelta(days=hit.whole("days"))
    moment = text(before.replace(tzinfo=None).isoformat(sep=" "))
    with hit.sandbox.org.writing() as cursor:
        cursor.execute(f'UPDATE "Task" SET "IsArchived" = true WHERE "CreatedDate" < TIMESTAMP {moment}')
    return hit.real()


def echo(hit: Hit) -> Answer:
    """Rows that were just written are saved once more by the org itself: the next read brings them with a new stamp."""
    answer = hit.real()
    touched = written_ids(hit, answer)
    if not touched:
        return hit.passed_over(answer)
    later = hit.sandbox.org.now() + timedelta(seconds=1)
    changes = [{"op": "system_touch", "object": name, "id": at, "at": later.isoformat()} for name, at in touched]
    apply_changes(hit.sandbox.org, changes)
    return answer


def written_ids(hit: Hit, answer: Answer) -> list[tuple[str, str]]:
    """The object and Id of each row that a write has saved."""
    from sandbox.faults.json_pages import exact
    from sandbox.faults.transfers import whole_body

    if answer.status >= 300:
        return []
    sobject = target(hit.sandbox, hit.call)
    if sobject is None:
        return []
    body = exact(whole_body(answer)) if answer.body else None
    results = body if isinstance(body, list) else [body] if isinstance(body, dict) else []
    ids = [str(result["id"]) for result in results if result.get("success") and result.get("id")]
    if not results and hit.call.method == "PATCH":
        ids = [hit.call.path.rstrip("/").rpartition("/")[2]]
    return [(sobject.name, at) for at in ids]


def is_live(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a write saves rows: a deletion has no echo."""
    return call.method != "DELETE"
