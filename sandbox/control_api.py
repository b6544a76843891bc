"""The control side under `/__sandbox__/`: what demos and tests do to the org from outside of Salesforce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sandbox.changes import apply_changes, parse_moment
from sandbox.column_types import stored_fields
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.quoting import identifier
from sandbox.records_json import truth_rows
from sandbox.soql_output import rest_text
from sandbox.soql_scope import Operand
from sandbox.wire import JSON, Answer, Call, json_answer, rest_time

_BATCH = 2000


def changes(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /__sandbox__/changes`."""
    given = call.json().get("changes")
    if not isinstance(given, list):
        raise ApiError(400, "BAD_CHANGE", "a list `changes` is wanted")
    return json_answer({"applied": apply_changes(org, given)})


def clock(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /__sandbox__/clock` sets it, `GET` reads it."""
    if call.method == "POST":
        now = call.json().get("now")
        try:
            org.set_now(parse_moment(now))
        except ValueError:
            raise ApiError(400, "BAD_TIME", f"`{now}` is no time such as 2026-03-01T10:20:30Z") from None
    return json_answer({"now": rest_time(org.now())})


def truth(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /__sandbox__/truth/X`: all rows with all fields, deleted ones too, by Id."""
    sobject = org.schema.object(path["object"])
    if sobject is None:
        raise ApiError(404, "NOT_FOUND", f"there is no object `{path['object']}`")
    fields = list(stored_fields(sobject))
    columns = ", ".join(rest_text(Operand(identifier(f.name), f.type, f.name, f)) for f in fields)
    sql = f'SELECT {columns} FROM {identifier(sobject.name)} ORDER BY "Id"'

    def body() -> Iterator[bytes]:
        with org.cursor() as cursor:
            cursor.execute(sql)
            opening = "["
            while rows := cursor.fetchmany(_BATCH):
                yield (opening + ",".join(truth_rows(fields, rows))).encode()
                opening = ","
            yield b"]" if opening == "," else b"[]"

    return Answer(200, body(), (("Content-Type", JSON),))
