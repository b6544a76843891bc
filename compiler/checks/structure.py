"""Statements that are missing, doubled, out of place or incomplete."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span

BOTH_FORMS = Rule("E0501", "both-account-forms", Severity.ERROR)
DUPLICATE = Rule("E0502", "duplicate-statement", Severity.ERROR)
NO_ACCOUNTS = Rule("E0503", "no-accounts", Severity.ERROR)
VERSION_PLACE = Rule("E0504", "version-not-first", Severity.ERROR)
INCOMPLETE = Rule("E0505", "incomplete-statement", Severity.ERROR)
NO_VERSION = Rule("W0501", "no-version", Severity.WARNING)
NOT_YET = Rule("W0504", "not-acted-on", Severity.WARNING)
UNUSED = Rule("W0503", "unused-definition", Severity.WARNING)


def both_account_forms(single: Span, typed: Span) -> Diagnostic:
    """`where` and typed filters in one block."""
    return Diagnostic(
        BOTH_FORMS,
        "accounts come either by one filter, as customers, or by typed filters, not both",
        Label(single, "one filter for all"),
        (Label(typed, "a typed filter"),),
        "write `customer where ...` instead of `where ...`, or leave the typed filters out",
        Fix("make it a customer filter", (Edit(Span(single.start, single.start), "customer "),)),
    )


def duplicate(what: str, span: Span, first: Span) -> Diagnostic:
    """Something that may stand once stands twice."""
    return Diagnostic(
        DUPLICATE,
        f"{what} is there twice",
        Label(span, "the second one"),
        (Label(first, "the first one"),),
        "keep one of them",
    )


def no_accounts(span: Span) -> Diagnostic:
    """A spec without `accounts`, or without a filter in it."""
    return Diagnostic(
        NO_ACCOUNTS,
        "the spec does not say which accounts come in",
        Label(span, "no account filter"),
        help="write `accounts { where Type = 'Customer' }`, with your own condition",
    )


def version_not_first(span: Span, number: int) -> Diagnostic:
    """`accord 1` behind other statements."""
    return Diagnostic(
        VERSION_PLACE,
        "the language version must be the first statement",
        Label(span, "not the first"),
        help="move it to the top",
        fix=Fix("move it to the top", (Edit(Span(0, 0), f"accord {number}\n"), Edit(span, ""))),
    )


def no_version() -> Diagnostic:
    """No `accord 1`."""
    return Diagnostic(
        NO_VERSION,
        "the spec does not say which version of the language it is written in",
        Label(Span(0, 0), "taken as version 1"),
        help="write `accord 1` as its first line",
        fix=Fix("write the version", (Edit(Span(0, 0), "accord 1\n"),)),
    )


def incomplete(what: str, missing: str, span: Span, example: str) -> Diagnostic:
    """A statement lacks an item that it cannot do without."""
    return Diagnostic(
        INCOMPLETE,
        f"{what} needs {missing}",
        Label(span, f"{missing} is missing"),
        help=f"write `{example}`",
    )


def unused_definition(name: str, span: Span) -> Diagnostic:
    """Nothing uses a definition."""
    return Diagnostic(
        UNUSED,
        f"nothing uses the definition `{name}`",
        Label(span, "unused"),
        help="use it in a condition, or delete it",
    )


def not_acted_on(statement: str, span: Span) -> Diagnostic:
    """A statement is understood, but a run does nothing about it in this version."""
    return Diagnostic(
        NOT_YET,
        f"this version of Accord does not act on `{statement}` yet",
        Label(span, "checked, but without effect on a run"),
        help="keep it: it takes effect with a later version; nothing else in the spec depends on it",
    )
