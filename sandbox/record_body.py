"""A record as JSON on its way in: its names looked up, its values checked against describe."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from compiler.record_id import is_record_id, to_18
from compiler.schema import Field, SObject
from sandbox.row_errors import RowError, row_error
from sandbox.wire import NumberText

Values: TypeAlias = dict[str, str | None]
"""The text of each value by canonical field name; None is null."""

_EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s,;<>().]+")
_ALWAYS_SET_BY_THE_SERVER = frozenset(
    {"id", "isdeleted", "createddate", "createdbyid", "lastmodifieddate", "lastmodifiedbyid", "systemmodstamp",
     "masterrecordid", "lastvieweddate", "lastreferenceddate", "lastactivitydate", "isarchived"}
)  # fmt: skip
_EARLIEST, _LATEST = date(1700, 1, 1), date(4000, 12, 31)

Refuse: TypeAlias = Callable[[Field, object], RowError]
"""What is raised for a value of the wrong JSON type: single records and collections have codes of their own."""


def wrong_type_in_collection(field: Field, value: object) -> RowError:
    """The refusal of a value that its field cannot hold, as a row of a collection tells it."""
    shown = value if isinstance(value, str) else _json_word(value)
    return row_error(
        "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.label}: value not of required type: {shown}", field.name
    )


def is_writeable(sobject: SObject, field: Field, *, creating: bool) -> bool:
    """Whether a client may set the field; what reduced describes leave unsaid follows from Salesforce's habits."""
    if field.calculated or field.auto_number or field.is_compound or field.name.lower() in _ALWAYS_SET_BY_THE_SERVER:
        return False
    if field.name == "Name" and sobject.field("LastName") and sobject.field("FirstName"):
        return False
    return field.createable if creating else field.updateable


def checked_values(sobject: SObject, given: Mapping[str, object], refuse: Refuse, *, creating: bool) -> Values:
    """Look up and check the fields of a record; `given` has neither `attributes`, `Id` nor nested records.

    Raises:
        RowError: an unknown field, one that cannot be set, or a value that does not fit.
    """
    values: Values = {}
    refused: list[str] = []
    for name, value in given.items():
        field = sobject.field(name)
        if field is None:
            raise row_error("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
        if not is_writeable(sobject, field, creating=creating):
            refused.append(field.name)
            continue
        values[field.name] = checked_value(field, value, refuse)
    if refused:
        raise row_error(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set.",
            *refused,
        )
    return values


def checked_value(field: Field, value: object, refuse: Refuse) -> str | None:
    """The text of one value; None for null. Raises RowError."""
    if value is None or value == "":
        return None
    match field.type:
        case "boolean":
            return _boolean(field, value, refuse)
        case "int" | "long" | "double" | "currency" | "percent":
            return _number(field, value, refuse)
        case "date":
            return _date(field, value, refuse)
        case "datetime":
            return _datetime(field, value, refuse)
        case "time":
            return _time(field, value, refuse)
        case "id" | "reference":
            return _record_id(field, value, refuse)
    if not isinstance(value, str) or isinstance(value, NumberText):
        raise refuse(field, value)
    return _text(field, value)


def _boolean(field: Field, value: object, refuse: Refuse) -> str:
    written = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else str(value).lower()
    if written not in ("true", "false") or isinstance(value, NumberText):
        raise refuse(field, value)
    return written


def _number(field: Field, value: object, refuse: Refuse) -> str:
    if isinstance(value, (bool, float, dict, list)):
        raise refuse(field, value)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise refuse(field, value) from None
    if not number.is_finite():
        raise refuse(field, value)
    if field.type in ("int", "long") and number != number.to_integral_value():
        raise refuse(field, value)
    whole = field.precision - field.scale if field.precision else {"int": 10, "long": 19}.get(field.type, 18)
    exponent = number.normalize().as_tuple().exponent
    decimals = max(-exponent, 0) if isinstance(exponent, int) else 0
    if number.adjusted() >= max(whole, 1) or whole + decimals > 38:
        raise row_error(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {value}",
            field.name,
        )
    return f"{number:f}"


def _date(field: Field, value: object, refuse: Refuse) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise refuse(field, value)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise refuse(field, value) from None
    if not _EARLIEST <= day <= _LATEST:
        raise row_error("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: invalid date: {value}", field.name)
    return value


def _datetime(field: Field, value: object, refuse: Refuse) -> str:
    if not isinstance(value, str):
        raise refuse(field, value)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise refuse(field, value) from None
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return at.isoformat(sep=" ", timespec="milliseconds")


def _time(field: Field, value: object, refuse: Refuse) -> str:
    if not isinstance(value, str):
        raise refuse(field, value)
    try:
        return time.fromisoformat(value.removesuffix("Z")).isoformat(timespec="milliseconds")
    except ValueError:
        raise refuse(field, value) from None


def _record_id(field: Field, value: object, refuse: Refuse) -> str:
    if not isinstance(value, str) or isinstance(value, NumberText):
        raise refuse(field, value)
    if not is_record_id(value):
        raise row_error("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", field.name)
    return to_18(value)


def _text(field: Field, value: str) -> str:
    if field.length and len(value) > field.length and field.type not in ("picklist", "multipicklist", "base64"):
        raise row_error(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {value} (max length={field.length})",
            field.name,
        )
    if field.type == "email" and not _EMAIL.fullmatch(value):
        raise row_error("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", field.name)
    if field.type in ("picklist", "multipicklist") and field.restricted_picklist:
        chosen = value.split(";") if field.type == "multipicklist" else [value]
        allowed = {entry.value for entry in field.picklist if entry.active}
        for entry in chosen:
            if entry not in allowed:
                raise row_error(
                    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                    f"{field.label}: bad value for restricted picklist field: {entry}",
                    field.name,
                )
    return value


def missing_fields(sobject: SObject, describe: Mapping[str, Any], values: Values, *, creating: bool) -> list[str]:
    """The required fields that a new record lacks, or that an update would empty."""
    missing = []
    for raw in describe["fields"]:
        field = sobject.field(raw["name"])
        if field is None or field.nillable or field.type == "boolean":
            continue
        if not is_writeable(sobject, field, creating=creating):
            continue
        if field.name in values:
            if values[field.name] is None:
                missing.append(field.name)
        elif creating and not raw["defaultedOnCreate"]:
            missing.append(field.name)
    return missing


def _json_word(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
