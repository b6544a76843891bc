"""The control side under `/__sandbox__/`: what demos and tests do to the org from outside of Salesforce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sandbox.changes import apply_changes, parse_moment
from sandbox.column_types import stored_fields
from sandbox.errors import ApiError
from sandbox.org import Org
from sandbox.quoting import identifier
from sandbox.records_json import truth_rows
from sandbox.sign_in import SignIn
from sandbox.soql_output import rest_text
from sandbox.soql_scope import Operand
from sandbox.wire import JSON, Answer, Call, json_answer, no_content, rest_time

if TYPE_CHECKING:
    from sandbox.faults import Faults

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
            raise ApiError(400, "BAD_TIME", f"`{now}` in `now` is no time such as 2026-03-01T10:20:30Z") from None
    return json_answer({"now": rest_time(org.now())})


def expire(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /__sandbox__/sessions/expire`: `username` for one user's only, `refresh_tokens` true for those as well."""
    body = call.json() if call.body else {}
    if unknown := set(body) - {"username", "refresh_tokens"}:
        raise ApiError(400, "BAD_REQUEST", f"unknown key `{sorted(unknown)[0]}`; known are username, refresh_tokens")
    user_id = None
    if "username" in body:
        user = sign_in.user(str(body["username"]))
        if user is None:
            raise ApiError(400, "BAD_REQUEST", f"there is no active user `{body['username']}`")
        user_id = user.id
    if not isinstance(body.get("refresh_tokens", False), bool):
        raise ApiError(400, "BAD_REQUEST", "`refresh_tokens` is true or false")
    refresh_tokens = sign_in.grants.revoke_all(user_id) if body.get("refresh_tokens") else 0
    return json_answer({"sessions": sign_in.sessions.close_all(user_id=user_id), "refresh_tokens": refresh_tokens})


def jwt_key(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /__sandbox__/jwt-key`: what a client of the JWT bearer flow needs; the key is made at the first request.

    Where `org.toml` gives a public key, `private_key` is null: the author has it.
    """
    private = sign_in.private_key
    return json_answer(
        {
            "client_id": sign_in.app.client_id,
            "audience": call.base_url,
            "private_key": private.pem if private else None,
            "public_key": sign_in.public_key.pem,
        }
    )


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


def switch_on(faults: Faults, call: Call) -> Answer:
    """`POST /__sandbox__/faults`: switch faults on, besides those that are; answers all of them."""
    faults.add(call.json_value(exact=False))
    return json_answer(faults.documents())


def switch_off(faults: Faults) -> Answer:
    """`DELETE /__sandbox__/faults`: switch all faults off."""
    faults.clear()
    return no_content()
