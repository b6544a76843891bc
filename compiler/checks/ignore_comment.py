"""Comments that ask for a finding not to be reported, and ask for too much."""

from __future__ import annotations

from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Span

UNNEEDED_IGNORE = Rule("W0509", "unneeded-ignore", Severity.WARNING)
UNKNOWN_IGNORE = Rule("W0510", "unknown-ignore", Severity.WARNING)


def unneeded_ignore(code: str, span: Span, cut: Span) -> Diagnostic:
    """There is nothing to ignore. `cut` is what to delete: the code, or the comment if it names no other."""
    return Diagnostic(
        UNNEEDED_IGNORE,
        f"there is no `{code}` here to ignore",
        Label(span, "not needed"),
        help="delete it, lest it hides a finding of later",
        fix=Fix(f"delete `{code}`", (Edit(cut, ""),)),
    )


def ignored_error(code: str, span: Span) -> Diagnostic:
    """The code is that of an error, which stands between the spec and its plan."""
    return Diagnostic(
        UNKNOWN_IGNORE,
        f"`{code}` is an error, and errors cannot be ignored",
        Label(span, "an error's code"),
        help=f"mend what it reports; `accord explain {code}` says how",
    )


def unknown_code(written: str, span: Span, near: str | None) -> Diagnostic:
    """No warning or note has this code. `near` is the code that is probably meant."""
    return Diagnostic(
        UNKNOWN_IGNORE,
        f"no warning or note has the code `{written}`",
        Label(span, "not a code"),
        help=f"did you mean `{near}`?" if near else "`accord explain` lists the codes",
        fix=Fix(f"write `{near}`", (Edit(span, near),)) if near else None,
    )


def no_code(span: Span) -> Diagnostic:
    """The comment does not say what to ignore."""
    return Diagnostic(
        UNKNOWN_IGNORE,
        "a comment that ignores a finding must name its code",
        Label(span, "no code"),
        help="write `# accord: ignore W0503`, with the code that the finding shows",
    )
