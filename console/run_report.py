"""The run report as text: what happened to each table, who owns what, what was checked, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.drawing import visible
from console.words import counted, table

if TYPE_CHECKING:
    from engine.reconcile import Counts
    from engine.report import (
        AsBefore,
        ChoiceReport,
        ExtractReport,
        OwnerReport,
        RunReport,
        Split,
        TieOut,
        Unattached,
    )

# What people read above each number. Those of the second group are shown only where there are any.
_ALWAYS = (("matches", "matches"), ("inserted", "new"), ("updated", "updated"), ("unchanged", "unchanged"))
_SOMETIMES = (
    ("resumed", "came back"),
    ("left", "left"),
    ("deleted", "deleted"),
    ("merged", "merged"),
    ("gone", "gone"),
    ("removed", "removed"),
    ("restated", "out for another reason"),
    ("rejected", "rejected"),
    ("moved", "moved during the run"),
)


def run_report(report: RunReport, *, details: bool = False) -> str:
    """The report. It has no times of its own in it, so that the same run reads the same.

    Without details tables in which nothing changed share a line, and so do owners, rows that hang on nothing that is
    in, and sums that agree with Salesforce. What is not as it should be is always shown whole.
    """
    sections = [_headline(report), _guards(report), tables_section(report.tables, details=details)]
    agreeing = [one for one in report.tie_outs if _agrees(one)]
    if details:
        sections += [
            _section("Types", _types(report)),
            _section("Owners", [_owner(kind) for kind in report.owners]),
            _section("Latest and earliest", [_choice(one) for one in report.choices]),
            _section("Not attached to anything that is in", [_unattached(one) for one in report.unattached]),
            _section("Sums compared with Salesforce", [_tie_out(one) for one in report.tie_outs]),
        ]
    else:
        in_short = [
            ("types", ", ".join(_types(report))),
            ("owners", ", ".join(f"{one.kind} {one.resolved:,}" for one in report.owners)),
            ("not attached", ", ".join(f"{one.table} {_total(one):,}" for one in report.unattached)),
            ("sums", f"{len(agreeing)} the same as in Salesforce" if agreeing else ""),
        ]
        sections.append("\n".join(f"{title + ':':<14}{text}" for title, text in in_short if text))
        sections.append(
            _section(
                "Sums that lack rejected rows, do not agree with Salesforce, or are not verified",
                [_tie_out(one) for one in report.tie_outs if one not in agreeing],
            )
        )
    sections += [
        _section("Rows that could not be taken (`accord.rejects` says why)", _rejected(report)),
        _section("As they were before this run", list(report.stale)),
        _section("No longer in the spec, and dropped", list(report.dropped)),
        _section("Match lists not read in this run", [_proven(one) for one in report.extracts if one.proven_at]),
        _section("Rows that are out, not asked for in this run", [_as_before(one) for one in report.as_before]),
        _section("Notes", list(report.notices)),
        _section("Errors", _errors(report)),
    ]
    return "\n\n".join(section for section in sections if section)


def tables_section(tables: Sequence[Counts], *, details: bool = False) -> str:
    """A line for each table, or for each that changed or lacks rows; a column is left out where its numbers are 0."""
    changed = [counts for counts in tables if details or counts.rejected or _has_changed(counts)]
    same = [counts.table for counts in tables if counts not in changed]
    unchanged = f"unchanged: {', '.join(same)}" if same else ""
    if not changed:
        return unchanged
    shown = [*_ALWAYS, *(pair for pair in _SOMETIMES if any(getattr(counts, pair[0]) for counts in changed))]
    header = ("table", *(title for _, title in shown))
    rows = [(counts.table, *(f"{getattr(counts, name):,}" for name, _ in shown)) for counts in changed]
    lines = table(header, rows, frozenset(range(1, len(header))))
    return f"{lines}\n{unchanged}" if unchanged else lines


def _errors(report: RunReport) -> list[str]:
    """The errors; those of guards have a section of their own."""
    held = sum(one.exceeded for one in report.guards) if report.outcome == "stopped" else 0
    return list(report.errors[held:])


def _has_changed(counts: Counts) -> bool:
    return bool(
        counts.inserted or counts.updated or counts.resumed or counts.exits or counts.restated or counts.removed
    )


def _headline(report: RunReport) -> str:
    words = f"run {report.run} {report.outcome.value}"
    if report.outcome == "stopped":
        words += " by a guard: nothing was published"
    if report.outcome == "succeeded":
        words += ": " + (_changes(report.tables) if report.changed else "nothing to change")
    if rejected := _rejected_rows(report):
        words += f", {counted(rejected, 'row')} rejected"
    org = report.identity.organization_name or report.identity.organization_id
    return f"{words}\n{visible(org)}, seen as {visible(report.identity.username)}"


def _rejected_rows(report: RunReport) -> int:
    """The rejected rows of all tables, and those that only feed numbers and owners."""
    fed = sum(one.rejected for one in report.extracts if one.table is None)
    return fed + sum(counts.rejected for counts in report.tables)


def _changes(tables: Sequence[Counts]) -> str:
    totals = (
        (sum(counts.inserted for counts in tables), "new"),
        (sum(counts.updated for counts in tables), "updated"),
        (sum(counts.resumed for counts in tables), "came back"),
        (sum(counts.exits for counts in tables), "no longer in"),
        (sum(counts.removed for counts in tables), "removed"),
        (sum(counts.restated for counts in tables), "out for another reason"),
    )
    return (
        ", ".join(f"{counted(number, 'row')} {word}" for number, word in totals if number) or "only its notes changed"
    )


def _section(title: str, lines: list[str]) -> str:
    return "\n".join((f"{title}:", *(f"  {visible(line)}" for line in lines))) if lines else ""


def _guards(report: RunReport) -> str:
    """The guards that this run passes over, or is held back by, with the first rows concerned."""
    lines = []
    for one in report.guards:
        if one.exceeded:
            origin = "" if one.written else " (built in)"
            lines.append(f"{one.rule}{origin}: {one.words} ({one.value}%)")
            if one.ids:
                lines.append(f"  for example {', '.join(one.ids)}")
    if report.outcome != "stopped":
        return _section("Guards that the confirmation passed over", lines)
    return _section("Held back by", [*lines, "`accord run --confirm` goes on all the same"]) + (
        "\n\nWhat it would have done:"
    )


def _types(report: RunReport) -> list[str]:
    """The accounts of each type, and how many there were where there were others; a first run has no before."""
    later = any(one.before for one in report.types)
    return [
        f"{one.type} {one.accounts:,}" + (f" ({one.before:,} before)" if later and one.before != one.accounts else "")
        for one in report.types
    ]


def _owner(one: OwnerReport) -> str:
    reasons = (
        (one.fell_through, "by a later source"),
        (one.several, "the oldest of several"),
        (one.queues, "without: a queue or group"),
        (one.not_visible, "without: a user who is not visible"),
        (one.inactive, "with or for an inactive user"),
    )
    why = ", ".join(f"{number:,} {words}" for number, words in reasons if number)
    if one.inactive is None:
        why = f"{why}, who is active is not known" if why else "who is active is not known"
    return f"{one.kind}: {counted(one.resolved, 'account')} with, {one.empty:,} without" + (f" ({why})" if why else "")


def _choice(one: ChoiceReport) -> str:
    return (
        f"{one.column}: {counted(one.without_key, 'row')} without a key passed over, "
        f"{counted(one.ties, 'account')} with a tie"
    )


def _total(one: Unattached) -> int:
    return one.no_parent + one.parent_not_in + one.ambiguous


def _unattached(one: Unattached) -> str:
    reasons = (
        (one.no_parent, "without a parent"),
        (one.parent_not_in, "whose parent is not in"),
        (one.ambiguous, "whose value several parents share"),
    )
    return f"{one.table}: " + ", ".join(f"{number:,} {why}" for number, why in reasons if number)


def _proven(one: ExtractReport) -> str:
    at = _minute(one.proven_at or "")
    return f"{one.extract}: membership proven at {at}; since then by what changed and by the log of deletions"


def _as_before(one: AsBefore) -> str:
    rows = counted(one.rows, "row")
    return f"{one.table}: {rows}, last asked for at {_minute(one.asked_at)}; since then by what changed"


def _minute(moment: str) -> str:
    return f"{moment.replace('T', ' ')[:16]} UTC"


def _rejected(report: RunReport) -> list[str]:
    """What was asked for and how many rows of it were rejected; some extracts have no table that would show it."""
    return [f"{one.extract}: {counted(one.rejected, 'row')}" for one in report.extracts if one.rejected]


def _tie_out(one: TieOut) -> str:
    parts = "" if one.split is None else _parts(one.split)
    what = f"{one.extract}, {one.column}: {'unknown' if one.ours is None else one.ours} over {counted(one.rows, 'row')}"
    if one.salesforce is None:
        return f"{what}, not verified" + (f": {one.note}" if one.note else "") + parts
    verdict = f"but {one.salesforce} in Salesforce" if one.differs else "the same in Salesforce"
    return f"{what}, {verdict}" + (f" ({one.note})" if one.note and not one.differs else "") + parts


def _agrees(one: TieOut) -> bool:
    """Whether a sum is verified, and none of its rows was rejected."""
    whole = one.split is None or not one.split.rejected.rows
    return one.salesforce is not None and not one.differs and whole


def _parts(split: Split) -> str:
    """`; in 100.00 over 2 rows, out 7.50 over 1 row`: the parts that have rows."""
    names = ("in", "out", "no account", "rejected")
    shown = [
        f"{name} {'unknown' if share.sum is None else share.sum} over {counted(share.rows, 'row')}"
        for name, share in zip(names, split.shares, strict=True)
        if share.rows
    ]
    return f"; {', '.join(shown)}" if shown else ""
