"""JSON whose numbers keep the digits they came with."""

from __future__ import annotations

import json
from typing import Any

from sandbox.wire import NumberText


def exact_json(value: Any) -> str:  # any JSON may come
    """The JSON text of a value as `Call.json_value` reads it.

    >>> exact_json({"a": [NumberText("1.50"), "1.50", None]})
    '{"a":[1.50,"1.50",null]}'
    """
    match value:
        case NumberText():
            return str(value)
        case dict():
            return "{" + ",".join(f"{_text(str(key))}:{exact_json(member)}" for key, member in value.items()) + "}"
        case list():
            return "[" + ",".join(map(exact_json, value)) + "]"
        case _:
            return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
