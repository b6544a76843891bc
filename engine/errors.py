"""What can go wrong with the world: network, org, store, disk. An author's mistake is a diagnostic instead.

AccordError
  NotStartedError                    exit 2: nothing was started
    ConfigurationError
    SignInError
    NoConnectionError
    OtherOrgError
    NewerStoreError
    UnusableStoreError
    AlreadyRunningError
    SnapshotError
  SalesforceError               exit 1
    UnreachableError            transient
    UnavailableError            transient
    NotSalesforceError               transient, but not for long
    SessionExpiredError
    RefusedError
      QuotaError
        BulkQuotaError
      QueryTimeoutError
      CursorLostError
      TransportError
      SchemaDriftError
      AccessError
    BrokenAnswerError                transient
    BulkJobError
    TornRowsError
  RunError                      exit 1
    PromiseError
    UnexplainedError
    LoadError
    TooManyDigitsError
    DiskError
    DamagedStoreError
    CancelledError
  GuardError                     exit 3
"""

from __future__ import annotations

from collections.abc import Sequence

STORE_WAYS_OUT = (
    "nothing was changed; `accord rollback` goes back to the store before it, or put back a copy, or move the file away"
    " to start anew"
)


# The way out of an answer that contradicts itself.
RUN_AGAIN = "run again; if it stays, look for a proxy or gateway on the way that changes answers"


def some_of(ids: Sequence[str]) -> str:
    """The first twenty Ids, and how many more there are."""
    return ", ".join(ids[:20]) + (f" and {len(ids) - 20} more" if len(ids) > 20 else "")


class AccordError(Exception):
    """Any failure that a person can be told about.

    `transient`: the same call may work a moment later; `most_tries` is how often it is worth trying, where that is less
    than the client's patience.
    """

    transient = False
    most_tries: int | None = None
    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}; {self.hint}"


class NotStartedError(AccordError):
    """Nothing was begun, nothing was changed."""

    exit_code = 2


class ConfigurationError(NotStartedError):
    """A setting is missing or makes no sense."""


class SignInError(NotStartedError):
    """Salesforce does not accept the token or the client's credentials."""


class NoConnectionError(NotStartedError):
    """No Salesforce answers at the address: no server, another server, or it is down."""


class OtherOrgError(NotStartedError):
    """The store holds the rows of another org."""


class NewerStoreError(NotStartedError):
    """A file was written by a newer version of Accord."""


class UnusableStoreError(NotStartedError):
    """A file of the store cannot be read."""


class AlreadyRunningError(NotStartedError):
    """Another run holds the store, or another program has it open for writing."""


class SnapshotError(NotStartedError):
    """An org folder is missing, or a file in it cannot be read."""


class SalesforceError(AccordError):
    """A request to Salesforce did not do what it was sent for. `way_out` is the hint of those that give none."""

    way_out: str | None = None

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint or self.way_out)
        self.code = code
        self.status = status
        self.retry_after = retry_after


class UnreachableError(SalesforceError):
    """No connection, or it broke before the answer was whole."""

    transient = True


class UnavailableError(SalesforceError):
    """Salesforce is overloaded, in maintenance, or asks for patience."""

    transient = True
    way_out = "run again later; status.salesforce.com says what is known of the org's instance"


class NotSalesforceError(SalesforceError):
    """The answer is no JSON of Salesforce's: a web page or an empty body. It may be a passing one of a proxy's."""

    transient = True
    most_tries = 3


class SessionExpiredError(SalesforceError):
    """401: the session ended. The client signs in again, once; others see this only when that did not help."""


class RefusedError(SalesforceError):
    """Salesforce understood the request and said no."""


class QuotaError(RefusedError):
    """The org's requests or Bulk jobs of the last 24 hours are used up."""


class BulkQuotaError(QuotaError):
    """The org's Bulk jobs of the last 24 hours are used up; requests may be left."""


class QueryTimeoutError(RefusedError):
    """The query ran longer than Salesforce allows."""


class CursorLostError(RefusedError):
    """The page's locator is gone: the query has to be asked again."""

    way_out = RUN_AGAIN


class TransportError(RefusedError):
    """This query cannot go by Bulk, or its address is too long: another way may do."""


class SchemaDriftError(RefusedError):
    """An object or field is not there, or no longer visible to this user."""


class AccessError(RefusedError):
    """The user may not do this."""


class BrokenAnswerError(SalesforceError):
    """An answer that contradicts itself or ends early; it is thrown away whole and asked for again."""

    transient = True
    way_out = RUN_AGAIN


class BulkJobError(SalesforceError):
    """A Bulk job failed, was aborted, or did not end in time."""


class TornRowsError(SalesforceError):
    """Rows of a query that is read in parts are not the same in all of them, however often they are asked for."""

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        super().__init__(
            f"{name}: {len(ids)} rows change while their columns are read in parts: {some_of(ids)}",
            hint="run again when nobody changes them",
        )
        self.ids = tuple(ids)


class RunError(AccordError):
    """The run could not be finished well; what was published stands."""


class PromiseError(RunError):
    """Numbers that must agree do not: nothing is published."""


class UnexplainedError(RunError):
    """Rows whose absence Salesforce does not explain; `words` say what is the matter with them."""

    def __init__(
        self, table: str, ids: Sequence[str], words: str = "match their filter but Salesforce does not return them"
    ) -> None:
        super().__init__(
            f"table {table}: {len(ids)} rows {words}: {some_of(ids)}",
            hint="nothing was published; run again, and if it stays, compare these Ids in Salesforce",
        )
        self.table = table
        self.ids = tuple(ids)


class LoadError(RunError):
    """A downloaded page cannot be loaded."""


class TooManyDigitsError(RunError):
    """A calculation gives a number with more digits than a column has."""


class DiskError(RunError):
    """No space left, or a file cannot be written."""


class DamagedStoreError(RunError):
    """A part of a store's file is not what was written there."""


class CancelledError(RunError):
    """Somebody asked the run to end."""


class GuardError(AccordError):
    """A guard holds the run back until somebody confirms."""

    exit_code = 3
