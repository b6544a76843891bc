"""What a new record is called: its Id, and the next numbers of its auto-number fields."""

from __future__ import annotations

import re
import threading

import duckdb

from compiler.record_id import to_18
from compiler.schema import Field, SObject
from sandbox.quoting import identifier, text

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_POD = "SB0"
_FIRST_NUMBER = "00000001"


class NewIds:
    """The Ids that an org hands out: one sequence for each key prefix, so that a run can be repeated."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, int] = {}

    def next_id(self, cursor: duckdb.DuckDBPyConnection, sobject: SObject) -> str:
        """An Id of 18 characters that the object never had."""
        prefix = sobject.key_prefix or "000"
        while True:
            with self._lock:
                number = self._last[prefix] = self._last.get(prefix, 0) + 1
            record_id = to_18(f"{prefix}{_POD}{_base62(number):0>9}")
            taken = f'SELECT 1 FROM {identifier(sobject.name)} WHERE "Id" = {text(record_id)}'
            purged = f"SELECT 1 FROM sandbox.purged WHERE id = {text(record_id)}"
            if not cursor.execute(f"{taken} UNION ALL {purged}").fetchall():
                return record_id


def next_number(cursor: duckdb.DuckDBPyConnection, sobject: SObject, field: Field) -> str:
    """The next value of an auto-number field: the largest number of the rows plus one, written like that one."""
    column = identifier(field.name)
    number = f"TRY_CAST(regexp_extract({column}, '[0-9]+$') AS HUGEINT)"
    rows = cursor.execute(
        f"SELECT {column} FROM {identifier(sobject.name)} WHERE {number} IS NOT NULL ORDER BY {number} DESC LIMIT 1"
    ).fetchall()
    if not rows:
        return _FIRST_NUMBER
    parts = re.fullmatch(r"(.*?)(\d+)", rows[0][0], re.DOTALL)
    assert parts is not None
    return f"{parts[1]}{int(parts[2]) + 1:0{len(parts[2])}d}"


def _base62(number: int) -> str:
    out = ""
    while number:
        number, digit = divmod(number, 62)
        out = _DIGITS[digit] + out
    return out
