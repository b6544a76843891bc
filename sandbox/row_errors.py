"""What is wrong with a row that was to be written, in Salesforce's codes and words."""

from __future__ import annotations

from typing import NamedTuple

from sandbox.errors import SandboxError


class Problem(NamedTuple):
    """One error of one row: the code, the words, and the API names of the fields it is about."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    def for_record(self) -> dict[str, object]:
        """As the single-record resources write it."""
        return {"message": self.message, "errorCode": self.code, "fields": list(self.fields)}

    def for_collection(self) -> dict[str, object]:
        """As a row of sObject Collections writes it."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


class RowError(SandboxError):
    """A row that cannot be saved. `status` is the HTTP status where the row is the whole request."""

    def __init__(self, *problems: Problem, status: int = 400) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = problems
        self.status = status


def row_error(code: str, message: str, *fields: str, status: int = 400) -> RowError:
    """A RowError of one problem."""
    return RowError(Problem(code, message, fields), status=status)
