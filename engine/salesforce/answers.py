"""What Salesforce's answers mean when they are not what was asked for: status, error code and body to an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from engine.errors import (
    AccessError,
    BrokenAnswerError,
    CursorLostError,
    NotSalesforceError,
    QueryTimeoutError,
    QuotaError,
    RefusedError,
    SalesforceError,
    SchemaDriftError,
    SessionExpiredError,
    TransportError,
    UnavailableError,
)

_BUSY = frozenset({406, 420, 429})
# Of what Salesforce says of an error; it may quote a whole query.
_LONGEST_MESSAGE = 1_000
_MOST_DIGITS = 400
_BY_CODE: Mapping[str, type[SalesforceError]] = {
    "INVALID_SESSION_ID": SessionExpiredError,
    "INVALID_AUTH_HEADER": SessionExpiredError,
    "LIMIT_EXCEEDED": QuotaError,
    "QUERY_TIMEOUT": QueryTimeoutError,
    "INVALID_QUERY_LOCATOR": CursorLostError,
    "INVALIDENTITY": TransportError,
    "INVALID_TYPE": SchemaDriftError,
    "INVALID_FIELD": SchemaDriftError,
    "JOB_NOT_COMPLETE": UnavailableError,
    "SERVER_UNAVAILABLE": UnavailableError,
    "UNKNOWN_EXCEPTION": UnavailableError,
    "API_CURRENTLY_DISABLED": AccessError,
    "API_DISABLED_FOR_ORG": AccessError,
    "INSUFFICIENT_ACCESS": AccessError,
    "TXN_SECURITY_METERING_ERROR": AccessError,
}
_HINTS: Mapping[type[SalesforceError], str] = {
    QuotaError: "the limit counts the last 24 hours: run again later, what is published stays",
    QueryTimeoutError: "narrow the filter, or ask for fewer fields",
    SchemaDriftError: "compare the spec with the org (`accord lint`), and the user's field permissions",
    AccessError: "ask the org's admin for API access and read permission for this user",
}


def json_of(body: bytes, *, exact: bool = False) -> Any:
    """The JSON of a body, or None if it is none. `exact` keeps numbers as the text they were written in."""
    try:
        if exact:
            return json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def refusal(status: int, headers: Mapping[str, str], body: bytes, method: str, path: str) -> SalesforceError:
    """The error that an answer stands for which is not a success. Never raises, whatever the body is."""
    retry_after = seconds_to_wait(headers.get("retry-after"), headers.get("date"))
    code, message = _first_error(json_of(body))
    where = f"{method} {path}"
    if code is None:
        return _without_code(status, where, headers, retry_after)
    text = f"Salesforce refuses {where}: {message} ({code})"
    kind = _kind(status, code, message)
    return kind(text, hint=_HINTS.get(kind), code=code, status=status, retry_after=retry_after)


def _kind(status: int, code: str, message: str) -> type[SalesforceError]:
    if code == "REQUEST_LIMIT_EXCEEDED":
        # One code for two limits: requests at the same time end in seconds, the daily ones in hours.
        return UnavailableError if "concurrent" in message.lower() else QuotaError
    if code in ("INVALID_FIELD", "FEATURENOTENABLED", "API_ERROR") and "bulk" in message.lower():
        return TransportError
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status >= 500 or status in _BUSY:
        return UnavailableError
    if status == 401:
        return SessionExpiredError
    return RefusedError


def _without_code(status: int, where: str, headers: Mapping[str, str], retry_after: float | None) -> SalesforceError:
    if status >= 500 or status in _BUSY:
        return UnavailableError(
            f"Salesforce is not available for {where} (status {status})", status=status, retry_after=retry_after
        )
    if status == 401:
        return SessionExpiredError(f"Salesforce does not accept the session for {where}", status=status)
    if status in (414, 431):
        return TransportError(f"the address of {where} is too long for Salesforce", status=status)
    if status == 410:
        return RefusedError(
            f"Salesforce no longer serves the API version of {where}",
            hint="set a newer API version",
            status=status,
        )
    kind = headers.get("content-type", "no content type").split(";")[0]
    return NotSalesforceError(
        f"{where} was answered with status {status} and {kind}, not with an answer of Salesforce's",
        hint="check the instance URL: it is the org's My Domain address",
        status=status,
    )


def not_json(method: str, path: str, headers: Mapping[str, str], *, whole: bool) -> SalesforceError:
    """The error for a success whose body is not JSON; `whole` says that it is no JSON cut short."""
    kind = headers.get("content-type", "").split(";")[0] or "no content type"
    if not whole:
        return BrokenAnswerError(f"the answer to {method} {path} ends early")
    return NotSalesforceError(
        f"{method} {path} was answered with {kind}, not with JSON of Salesforce's",
        hint="check the instance URL: it is the org's My Domain address; a maintenance page passes by itself",
    )


def usage_of(header: str | None) -> tuple[int, int] | None:
    """Requests used and allowed from `Sforce-Limit-Info`, or None.

    >>> usage_of("api-usage=18/15000;per-app-api-usage=17/250(appName=x)")
    (18, 15000)
    """
    found = re.search(r"(?:^|[;,\s])api-usage=([0-9]{1,15})/([0-9]{1,15})(?![0-9])", header or "")
    return (int(found[1]), int(found[2])) if found else None


def whole_number(value: object) -> int | None:
    """A count as Salesforce writes it, as a number or as text; None for anything else.

    >>> whole_number("12"), whole_number(3), whole_number("²"), whole_number(-1), whole_number("9" * 5000)
    (12, 3, None, None, None)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value) else None


def sum_of(answer: Sequence[Mapping[str, Any]], name: str) -> str:
    """The sum under a name in the one row of an aggregate query, as text; "0" for the sum of no rows.

    Raises BrokenAnswerError for what is no number.
    """
    value = answer[0].get(name) if answer else None
    if value is None:
        return "0"
    try:
        number = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    # Written out, a number of so many digits would be as good as none.
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise BrokenAnswerError(f"the {name} that Salesforce answers is no number")
    return str(value)


def _first_error(answer: Any) -> tuple[str | None, str]:
    if isinstance(answer, list) and answer:
        answer = answer[0]
    if not isinstance(answer, dict):
        return None, ""
    code = answer.get("errorCode") or answer.get("error") or answer.get("statusCode")
    message = answer.get("message") or answer.get("error_description") or "no reason given"
    return (_in_short(str(code)), _in_short(str(message))) if code else (None, "")


def _in_short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]} ..."


def seconds_to_wait(retry_after: str | None, date: str | None) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or as a date beside the answer's own `Date`; or None.

    >>> seconds_to_wait("120", None)
    120.0
    >>> seconds_to_wait("Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:29 GMT")
    30.0
    """
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        then, now = moment(retry_after), moment(date)
        return None if then is None or now is None else max(0.0, then - now)
    return max(0.0, seconds) if isfinite(seconds) else None


def moment(date: str | None) -> float | None:
    """An HTTP date as seconds since 1970, or None if it is none."""
    if not date:
        return None
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
