"""Writes an org folder: `org.toml`, and for each object its describe and a CSV of its rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from specs.describes import Describe, names_with_data

Value = str | bool | int | None
Row = dict[str, Value]


def read_describes(folder: Path) -> list[Describe]:
    """The describes of an org folder that exists."""
    files = sorted((folder / "describe").glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def write_settings(folder: Path, settings: Mapping[str, str | int | bool]) -> None:
    """Write `org.toml`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items()]
    (folder / "org.toml").write_text("".join(lines), encoding="utf-8", newline="\n")


def write_describes(folder: Path, describes: Iterable[Describe]) -> None:
    """Write `describe/<Object>.json`, one field a line so that a change is easy to see."""
    target = _emptied(folder / "describe", "*.json")
    for describe in describes:
        parts = [f"{json.dumps(key)}: {_json(value)}" for key, value in describe.items()]
        text = "{\n" + ",\n".join(parts) + "\n}\n"
        (target / f"{describe['name']}.json").write_text(text, encoding="utf-8", newline="\n")


def write_rows(folder: Path, describes: Iterable[Describe], rows: Mapping[str, list[Row]]) -> None:
    """Write `data/<Object>.csv` with a column for every field that can hold data.

    Raises:
        ValueError: a row has a value for which the describe has no field.
    """
    target = _emptied(folder / "data", "*.csv")
    for describe in describes:
        name = describe["name"]
        columns = names_with_data(describe)
        with (target / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writeheader()
            for row in rows[name]:
                writer.writerow({column: _text(row.get(column)) for column in columns})
                if unknown := row.keys() - set(columns):
                    raise ValueError(f"{name} has no field {', '.join(sorted(unknown))}")


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)


def _emptied(folder: Path, pattern: str) -> Path:
    """The folder, without the files of an earlier run: an object that is gone must not stay behind."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(pattern):
        old.unlink()
    return folder
