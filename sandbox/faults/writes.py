"""Writes that fail row by row, meet somebody else's changes, or come back other than they were sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.changes import apply_changes
from sandbox.errors import ApiError
from sandbox.faults.json_pages import exact, exact_bytes
from sandbox.faults.model import Entry, Hit
from sandbox.faults.places import Place, place_of
from sandbox.faults.rows import target
from sandbox.faults.transfers import whole_body
from sandbox.wire import JSON, Answer, Call, json_bytes

if TYPE_CHECKING:
    from sandbox.server import Sandbox

Record = dict[str, Any]  # JSON of any kind
Result = dict[str, object]
_PARTIAL: tuple[tuple[str, str, list[str]], ...] = (
    ("STRING_TOO_LONG", "Name: data value too large: (max length=255)", ["Name"]),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "This value is not allowed here.", []),
    ("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
)


def _failed(code: str, message: str, fields: Sequence[str] = (), **more: object) -> Result:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields), **more}]}


_ROLLED_BACK = _failed(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


def _records(call: Call) -> list[Record]:
    """The records of a write; those of a deletion have only an Id."""
    if call.method == "DELETE":
        return [{"id": at} for at in call.query.get("ids", "").split(",") if at]
    body = exact(call.body)
    records = body.get("records") if isinstance(body, dict) else None
    return [record for record in records or () if isinstance(record, dict)]


def _is_all_or_none(call: Call) -> bool:
    if call.method == "DELETE":
        return call.query.get("allOrNone", "").lower() == "true"
    return exact(call.body).get("allOrNone") is True


def _with_records(call: Call, records: Sequence[Record]) -> Call:
    if call.method == "DELETE":
        return call._replace(query={**call.query, "ids": ",".join(str(record["id"]) for record in records)})
    return call._replace(body=exact_bytes(exact(call.body) | {"records": list(records)}))


def has_records(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a write names any rows."""
    try:
        return bool(_records(call))
    except ValueError:
        return False


def _order(hit: Hit, records: Sequence[Record]) -> list[int]:
    """The rows of a call in an order that follows from the seed, the same for the same rows."""

    def place(at: int) -> float:
        return Random(f"{hit.entry.number}:{records[at].get('id', at)}").random()  # noqa: S311  # to be repeated

    return sorted(range(len(records)), key=place)


def _without(hit: Hit, failures: Mapping[int, Result]) -> Answer:
    """Save the rows that do not fail; the failures stand at their places in the answer."""
    records = _records(hit.call)
    ids = [record.get("id") or record.get("Id") for record in records]

    def named(at: int, result: Result) -> Result:
        return {"id": ids[at], **result} if ids[at] else dict(result)

    if _is_all_or_none(hit.call):
        results = [named(at, failures.get(at, _ROLLED_BACK)) for at in range(len(records))]
        return Answer(200, json_bytes(results), (("Content-Type", JSON),))
    rest = [record for at, record in enumerate(records) if at not in failures]
    saved: list[Any] = []
    answer = Answer(200, b"[]", (("Content-Type", JSON),))
    if rest:
        answer = hit.proceed(_with_records(hit.call, rest))
        if answer.status != 200:
            return answer
        saved = exact(whole_body(answer))
    following = iter(saved)
    results = [named(at, failures[at]) if at in failures else next(following) for at in range(len(records))]
    return answer._replace(body=exact_bytes(results))


def lock_row(hit: Hit) -> Answer:
    """Some rows are locked by somebody else's transaction."""
    words = "unable to obtain exclusive access to this record or 1 records: "
    records = _records(hit.call)
    rows = _order(hit, records)[: hit.whole("rows")]
    return _without(hit, {at: _failed("UNABLE_TO_LOCK_ROW", words + str(records[at].get("id", "new"))) for at in rows})


def partial_save(hit: Hit) -> Answer:
    """Some rows break rules: too long, against a validation rule, a required field missing."""
    rows = _order(hit, _records(hit.call))[: hit.whole("rows")]
    return _without(hit, {at: _failed(*_PARTIAL[n % len(_PARTIAL)]) for n, at in enumerate(rows)})


def all_or_none(hit: Hit) -> Answer:
    """One row is bad, whenever it is sent: with `allOrNone` it takes the others with it."""
    records = _records(hit.call)
    keys = [str(record.get("id", at)) for at, record in enumerate(records)]
    bad = str(hit.entry.state.setdefault("bad", keys[_order(hit, records)[0]]))
    if bad not in keys:
        return hit.passed_over()
    code, message, fields = _PARTIAL[1]
    return _without(hit, {keys.index(bad): _failed(code, message, fields)})


def dup_rule(hit: Hit) -> Answer:
    """A duplicate rule finds that a row is there already."""
    records = _records(hit.call)
    at = _order(hit, records)[0]
    sobject = target(hit.sandbox, hit.call)
    kind = sobject.name if sobject else "Account"
    others = _other_ids(hit, kind, str(records[at].get("id", "")))
    allowed = "allowsave=true" in hit.call.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
    if allowed and hit.text("rule") == "alert":
        return hit.passed_over()
    found = {
        "allowSave": hit.text("rule") == "alert",
        "duplicateRule": f"Standard_{kind}_Duplicate_Rule",
        "duplicateRuleEntityType": kind,
        "errorMessage": "Use one of these records?",
        "matchResults": [
            {
                "entityType": kind,
                "errors": [],
                "matchEngine": "FuzzyMatchEngine",
                "matchRecords": [
                    {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                     "record": {"attributes": {"type": kind}, "Id": other}}
                    for other in others
                ],
                "rule": f"Standard_{kind}_Match_Rule",
                "size": len(others),
                "success": True,
            }
        ],
    }  # fmt: skip
    return _without(hit, {at: _failed("DUPLICATES_DETECTED", "Use one of these records?", duplicateResult=found)})


def _other_ids(hit: Hit, kind: str, own: str) -> list[str]:
    from sandbox.faults.rows import live_ids

    sobject = hit.sandbox.org.schema.object(kind)
    return [other for other in (live_ids(hit, sobject, 3) if sobject else []) if other != own][:2]


def _named_rows(hit: Hit) -> list[tuple[str, Record]]:
    """The Id and the values of each row of a write, whatever resource it goes to."""
    if place_of(hit.call)[0] is Place.ROW_WRITE:
        values = exact(hit.call.body) if hit.call.body else {}
        return [(hit.call.path.rstrip("/").rpartition("/")[2], values if isinstance(values, dict) else {})]
    return [(str(record.get("id") or record.get("Id") or ""), record) for record in _records(hit.call)]


def names_rows(sandbox: Sandbox, entry: Entry, call: Call) -> bool:
    """Whether a write changes or deletes rows that are there."""
    if call.method == "POST":
        return False
    return place_of(call)[0] is Place.ROW_WRITE or has_records(sandbox, entry, call)


def deleted_upstream(hit: Hit) -> Answer:
    """Somebody deletes a row just before it is written."""
    sobject = target(hit.sandbox, hit.call)
    rows = [at for at, _ in _named_rows(hit) if at]
    if sobject is None or not rows:
        return hit.passed_over()
    _behind(hit, "delete", sobject.name, hit.random.choice(rows), {})
    return hit.real()


def remote_newer(hit: Hit) -> Answer:
    """Somebody saves a row just before it is written: its stamp is newer than the writer knows."""
    sobject = target(hit.sandbox, hit.call)
    rows = [(at, values) for at, values in _named_rows(hit) if at]
    if sobject is None or not rows:
        return hit.passed_over()
    at, values = hit.random.choice(rows)
    texts = [f for name in values if (f := sobject.field(name)) and f.type in ("string", "textarea") and f.updateable]
    _behind(hit, "update", sobject.name, at, {field.name: "changed in Salesforce" for field in texts})
    return hit.real()


def _behind(hit: Hit, op: str, name: str, at: str, fields: Mapping[str, object]) -> None:
    now = hit.sandbox.org.now().isoformat()
    try:
        apply_changes(hit.sandbox.org, [{"op": op, "object": name, "id": at, "at": now, "fields": dict(fields)}])
    except ApiError:
        hit.entry.hits -= 1  # no such row: the write will be told so itself


def server_rewrites(hit: Hit) -> Answer:
    """The org itself changes texts on save: it trims them and writes them in capitals, or only trims."""
    if hit.call.method == "DELETE" or not hit.call.body:
        return hit.passed_over()
    upper = hit.text("how") == "upper"

    def rewritten(record: Record) -> Record:
        sobject = target(hit.sandbox, hit.call)
        return {
            name: (value.strip().upper() if upper else value.strip())
            if isinstance(value, str) and sobject and (f := sobject.field(name)) and f.type in ("string", "textarea")
            else value
            for name, value in record.items()
        }

    body = exact(hit.call.body)
    if not isinstance(body, dict):
        return hit.passed_over()
    if isinstance(body.get("records"), list):
        body["records"] = [rewritten(record) for record in body["records"]]
    else:
        body = rewritten(body)
    return hit.proceed(hit.call._replace(body=exact_bytes(body)))
