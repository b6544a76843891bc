"""Diagnostics for machines: JSON, annotations of GitHub, and SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from grammar.diagnostics import Diagnostic, Severity
from grammar.source import Source, Span

if TYPE_CHECKING:
    from console.exits import NotStarted

SCHEMA_VERSION = 1

_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


class Linted(NamedTuple):
    """A spec and what there is to say about it."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]


def as_json(files: list[Linted], unread: Sequence[NotStarted] = ()) -> str:
    """The document of `--format json`: lines and columns from 1, columns in characters."""
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "files": len(files),
            "diagnostics": [
                diagnostic_object(diagnostic, file.source) for file in files for diagnostic in file.diagnostics
            ],
            "unread": [{"message": error.message, "help": error.help} for error in unread],
        },
        ensure_ascii=False,
        indent=2,
    )


def as_github(files: list[Linted], unread: Sequence[NotStarted] = ()) -> str:
    """Workflow commands that GitHub shows beside the changed lines."""
    failed = [_with_help(error.message, error.help, "\n") for error in unread]
    return "\n".join(
        (
            *(f"::error::{_escape(text)}" for text in failed),
            *(_annotation(d, file.source) for file in files for d in file.diagnostics),
        )
    )


def as_sarif(files: list[Linted], version: str, unread: Sequence[NotStarted] = ()) -> str:
    """A SARIF 2.1.0 log of one run; `version` is Accord's own."""
    rules = sorted({d.rule for file in files for d in file.diagnostics})
    index = {rule.code: at for at, rule in enumerate(rules)}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "accord",
                        "semanticVersion": version,
                        "rules": [
                            {
                                "id": rule.code,
                                "name": rule.name,
                                "shortDescription": {"text": rule.name.replace("-", " ")},
                                "defaultConfiguration": {"level": rule.severity.value},
                            }
                            for rule in rules
                        ],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not unread,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": _with_help(error.message, error.help, ". ")}}
                            for error in unread
                        ],
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": [_result(d, file.source, index[d.code]) for file in files for d in file.diagnostics],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2)


def diagnostic_object(diagnostic: Diagnostic, source: Source) -> dict[str, Any]:
    """One diagnostic as it stands in the JSON of every command that reports any."""
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "name": diagnostic.rule.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "path": source.path,
        **_range(diagnostic.span, source),
        "fix": fix
        and {
            "title": fix.title,
            "edits": [{**_range(edit.span, source), "text": edit.text} for edit in fix.edits],
        },
    }


def _range(span: Span, source: Source) -> dict[str, int]:
    start, end = source.position(span.start), source.position(span.end)
    return {
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    }


def _annotation(diagnostic: Diagnostic, source: Source) -> str:
    start, end = source.position(diagnostic.span.start), source.position(diagnostic.span.end)
    properties = {
        "file": source.path,
        "line": start.line,
        "endLine": end.line,
        "col": start.column,
        "endColumn": end.column,
        "title": f"{diagnostic.code} {diagnostic.rule.name}",
    }
    if end.line != start.line:
        del properties["col"], properties["endColumn"]  # columns mean something within one line alone
    listed = ",".join(f"{name}={_escape(str(value), ',:')}" for name, value in properties.items())
    text = _with_help(diagnostic.message, diagnostic.help, "\n")
    return f"::{_GITHUB[diagnostic.severity]} {listed}::{_escape(text)}"


def _with_help(message: str, way_out: str | None, joint: str) -> str:
    return message if way_out is None else f"{message}{joint}{way_out}"


def _escape(text: str, more: str = "") -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def _result(diagnostic: Diagnostic, source: Source, rule_index: int) -> dict[str, Any]:
    text = _with_help(diagnostic.message, diagnostic.help, ". ")
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule_index,
        "level": diagnostic.severity.value,
        "message": {"text": text},
        "locations": [_location(diagnostic.span, source)],
    }
    if diagnostic.secondary:
        result["relatedLocations"] = [
            {"id": at, "message": {"text": label.text}, **_location(label.span, source)}
            for at, label in enumerate(diagnostic.secondary)
        ]
    if diagnostic.fix:
        replacements = [
            {"deletedRegion": _region(edit.span, source), "insertedContent": {"text": edit.text}}
            for edit in diagnostic.fix.edits
        ]
        change = {"artifactLocation": _artifact(source), "replacements": replacements}
        result["fixes"] = [{"description": {"text": diagnostic.fix.title}, "artifactChanges": [change]}]
    return result


def _location(span: Span, source: Source) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": _artifact(source), "region": _region(span, source)},
    }


def _artifact(source: Source) -> dict[str, str]:
    from pathlib import Path
    from urllib.parse import quote

    path = Path(source.path)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}


def _region(span: Span, source: Source) -> dict[str, int]:
    start, end = source.position(span.start), source.position(span.end)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }
