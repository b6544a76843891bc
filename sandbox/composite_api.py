"""Composite and composite batch: several requests in one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote

from sandbox.composite_references import MissingReferenceError, fill_body, fill_url
from sandbox.errors import ApiError
from sandbox.exact_json import exact_json
from sandbox.org import Org
from sandbox.wire import Answer, Call, NumberText, json_text_answer

MOST_REQUESTS = 25
MOST_QUERIES = 5
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_INSIDE = re.compile(r"/services/data/v\d+\.\d/(sobjects|query|queryAll|limits|composite/sobjects)(/.*)?")
_COUNTED = re.compile(r"/services/data/v\d+\.\d/(query|queryAll|composite/sobjects)(/.*)?")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."

AnswerInside: TypeAlias = Callable[[Call], Answer]
"""How the server answers a request that stands inside of another."""


class _Part(NamedTuple):
    method: str
    url: str
    reference: str
    body: Any
    headers: Mapping[str, str]


class _Outcome(NamedTuple):
    body: Any
    status: int
    headers: Mapping[str, str]


class _RollBackError(Exception):
    """One request of a transaction failed."""


def composite(org: Org, call: Call, path: Mapping[str, str], answer: AnswerInside) -> Answer:
    """`POST /composite`: in one go, later requests may refer to earlier answers; allOrNone makes it a transaction."""
    body = call.json()
    parts = _parts(body.get("compositeRequest"))
    outcomes: list[_Outcome] = []
    if body.get("allOrNone") is True:
        try:
            with org.writing():
                for outcome in _outcomes(call, parts, answer, outcomes):
                    if outcome.status >= 400:
                        raise _RollBackError
        except _RollBackError:
            halted = _Outcome(_error("PROCESSING_HALTED", _HALTED), 400, {})
            failed = len(outcomes) - 1
            outcomes = [outcomes[at] if at == failed else halted for at in range(len(parts))]
    else:
        for _ in _outcomes(call, parts, answer, outcomes):
            pass
    rows = [
        {
            "body": outcome.body,
            "httpHeaders": outcome.headers,
            "httpStatusCode": outcome.status,
            "referenceId": part.reference,
        }
        for part, outcome in zip(parts, outcomes, strict=True)
    ]
    return json_text_answer(exact_json({"compositeResponse": rows}))


def batch(call: Call, path: Mapping[str, str], answer: AnswerInside) -> Answer:
    """`POST /composite/batch`: requests that know nothing of each other; what went well stays."""
    body = call.json()
    given = body.get("batchRequests")
    if not isinstance(given, list) or not all(isinstance(g, dict) for g in given):
        raise ApiError(400, "JSON_PARSER_ERROR", "a list `batchRequests` is wanted")
    _check_number(len(given))
    results: list[dict[str, object]] = []
    has_errors = False
    for entry in given:
        if has_errors and body.get("haltOnError") is True:
            halted = _error("BATCH_PROCESSING_HALTED", "Batch processing halted per request")
            results.append({"statusCode": 412, "result": halted})
            continue
        url = str(entry.get("url", ""))
        url = url if url.startswith("/services/data/") else f"/services/data/{url.lstrip('/')}"
        part = _Part(_method(entry), url, "", entry.get("richInput"), {})
        outcome = _outcome(call, part, answer)
        has_errors = has_errors or outcome.status >= 400
        results.append({"statusCode": outcome.status, "result": outcome.body})
    return json_text_answer(exact_json({"hasErrors": has_errors, "results": results}))


def _parts(given: object) -> list[_Part]:
    if not isinstance(given, list) or not all(isinstance(g, dict) for g in given) or not given:
        raise ApiError(400, "JSON_PARSER_ERROR", "a list `compositeRequest` is wanted")
    _check_number(len(given))
    parts = []
    for entry in given:
        url, reference = entry.get("url"), entry.get("referenceId")
        if not isinstance(url, str) or not isinstance(reference, str) or not re.fullmatch(r"[A-Za-z]\w*", reference):
            raise ApiError(
                400, "JSON_PARSER_ERROR", "each request needs method, url and a referenceId of letters and digits"
            )
        given_headers = entry.get("httpHeaders") or {}
        if not isinstance(given_headers, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "httpHeaders is a JSON object")
        headers = {str(k).lower(): str(v) for k, v in given_headers.items()}
        parts.append(_Part(_method(entry), url, reference, entry.get("body"), headers))
    names = [part.reference for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise ApiError(400, "INVALID_INPUT", f"Duplicate referenceId provided: {name}")
    if sum(bool(_COUNTED.fullmatch(part.url.partition("?")[0])) for part in parts) > MOST_QUERIES:
        words = f"at most {MOST_QUERIES} requests of a composite may be queries or sObject Collections"
        raise ApiError(400, "LIMIT_EXCEEDED", words)
    return parts


def _outcomes(call: Call, parts: list[_Part], answer: AnswerInside, outcomes: list[_Outcome]) -> Any:
    """Carry out the requests one by one, each outcome added to `outcomes` and yielded."""
    answers: dict[str, Any] = {}
    for part in parts:
        try:
            filled = part._replace(url=fill_url(part.url, answers), body=fill_body(part.body, answers))
        except MissingReferenceError as error:
            outcome = _Outcome(_error("PROCESSING_HALTED", str(error)), 400, {})
        else:
            outcome = _outcome(call, filled, answer)
        if outcome.status < 400:
            answers[part.reference] = outcome.body
        outcomes.append(outcome)
        yield outcome


def _outcome(call: Call, part: _Part, answer: AnswerInside) -> _Outcome:
    address, _, query = part.url.partition("?")
    if not _INSIDE.fullmatch(unquote(address)):
        return _Outcome(_error("NOT_FOUND", "The requested resource does not exist"), 404, {})
    inside = call._replace(
        method=part.method,
        path=unquote(address),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={"content-type": "application/json", **part.headers},
        body=b"" if part.body is None else exact_json(part.body).encode("utf-8", "surrogatepass"),
    )
    try:
        given = answer(inside)
    except ApiError as error:
        return _Outcome(error.body, error.status, {})
    raw = given.body if isinstance(given.body, bytes) else b"".join(given.body)
    headers = {name: value for name, value in given.headers if name != "Content-Type"}
    return _Outcome(json.loads(raw, parse_float=NumberText) if raw else None, given.status, headers)


def _method(entry: Mapping[str, object]) -> str:
    method = str(entry.get("method", "")).upper()
    if method not in _METHODS:
        raise ApiError(400, "INVALID_INPUT", f"`{entry.get('method')}` is no HTTP method")
    return method


def _check_number(count: int) -> None:
    if count > MOST_REQUESTS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"at most {MOST_REQUESTS} requests are allowed in one composite request")


def _error(code: str, message: str) -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]
