"""What goes wrong in the sandbox.

SandboxError
├── OrgError         an org folder that cannot be an org: names file, row and column
├── FaultsFileError  a list of faults that cannot be switched on
├── SoqlError        a query that Salesforce refuses: code, words and the place in the text
└── ApiError         an answer with an error body: HTTP status, code, words
"""

from __future__ import annotations

from pathlib import Path

from grammar.source import Source, Span

_BEFORE, _AFTER = 30, 50


class SandboxError(Exception):
    """Any refusal of the sandbox."""


class OrgError(SandboxError):
    """An org folder holds something that no org can hold.

    `row` counts records with the header of a CSV as row 1 (lines in JSON lines); `column` is the API name.
    """

    def __init__(self, message: str, file: Path, row: int | None = None, column: str | None = None) -> None:
        place = str(file)
        if row is not None:
            place += f", row {row}"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {message}")
        self.message = message
        self.file = file
        self.row = row
        self.column = column


class FaultsFileError(SandboxError):
    """A file whose list of faults cannot be switched on: names the file and the entry."""


class SoqlError(SandboxError):
    """A query that Salesforce would refuse, with its error code; `span` is where, or None for no excerpt."""

    def __init__(self, code: str, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span

    def answer(self, text: str) -> ApiError:
        """The error as Salesforce words it for the query `text`: excerpt, caret, row and column."""
        if self.span is None:
            return ApiError(400, self.code, self.message)
        position = Source(text).position(self.span.start)
        line = Source(text).line(position.line)
        at = position.column - 1
        start = max(0, at - _BEFORE)
        if start:
            start = max(line.find(" ", start, at) + 1, start)
        excerpt = line[start : at + _AFTER]
        caret = " " * (at - start) + "^"
        where = f"ERROR at Row:{position.line}:Column:{position.column}"
        return ApiError(400, self.code, f"\n{excerpt}\n{caret}\n{where}\n{self.message}")


class ApiError(SandboxError):
    """An answer with Salesforce's usual error body: a list of one object."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    @property
    def body(self) -> list[dict[str, object]]:
        """The JSON body."""
        error: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return [error]
