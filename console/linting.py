"""What `accord lint` does when no answer is kept: check each spec, mend it if asked to, and put all in words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from console.checking import Schemas, check
from console.diagnostic_json import Linted
from console.exits import Exit, NotStarted, error_text
from console.lint_cache import Answer
from console.lint_key import SpecFile
from console.texts import spec_source, write_whole
from console.words import counted
from grammar.diagnostics import Severity

LIVE_CODES = frozenset({"E0210"})
"""Findings that hang on what is installed here, the time zones: answers with them are not kept."""


class Lint(NamedTuple):
    """How to lint: the format, whether warnings count, whether to colour, and whether to mend the files.

    `awaited` is the schema that the settings name and that is not there yet.
    """

    style: str
    strict: bool
    colour: bool
    fix: bool
    awaited: Path | None = None


def lint(files: list[SpecFile], how: Lint, unread: list[NotStarted]) -> tuple[Answer, bool]:
    """Check specs; return what to say, and whether the same texts and schemas always give it.

    `unread` says of further specs why they cannot be read. They, and those that are not UTF-8 text, do not keep the
    others from being checked.

    Raises:
        NotStarted: the only spec cannot be read, or one cannot be written.
        SnapshotError: a schema cannot be read.
    """
    schemas = Schemas()
    results: list[Linted] = []
    unchecked: list[Path] = []
    unread = [*unread]
    fixed = 0
    for file in files:
        try:
            source = spec_source(file.path, file.data)
        except NotStarted as error:
            unread.append(error)
            continue
        if file.org is None:
            unchecked.append(file.path)
        schema = schemas.of(file.org) if file.org else None
        checked = check(source, schema)
        if how.fix and any(d.fix for d in checked.diagnostics):
            from console.fixing import fix_spec

            mended, count = fix_spec(checked, schema)
            if count:
                write_whole(file.path, mended.source.text)
                checked, fixed = mended, fixed + count
        results.append(Linted(checked.source, checked.diagnostics))
    if len(unread) == 1 and not results:
        raise unread[0]
    code = Exit.NOT_STARTED if unread else _exit_code(results, how.strict)
    told = "".join(error_text(error.message, error.help) + "\n" for error in unread)
    answer = Answer(_drawn(results, unread, how), told + _summary(results, unchecked, fixed, how), code)
    repeatable = not how.fix and not any(d.code in LIVE_CODES for r in results for d in r.diagnostics)
    return answer, repeatable


def _drawn(results: list[Linted], unread: list[NotStarted], how: Lint) -> str:
    """What goes to stdout, with its last line break."""
    from console import diagnostic_json

    if how.style == "json":
        return diagnostic_json.as_json(results, unread) + "\n"
    if how.style == "sarif":
        from console.version import VERSION

        return diagnostic_json.as_sarif(results, VERSION, unread) + "\n"
    if how.style == "github":
        lines = diagnostic_json.as_github(results, unread)
        return lines and lines + "\n"
    if not any(result.diagnostics for result in results):
        return ""
    from console.drawing import draw_all

    drawn = (draw_all(r.diagnostics, r.source, colour=how.colour) for r in results if r.diagnostics)
    return "\n\n".join(drawn) + "\n"


def _summary(results: list[Linted], unchecked: list[Path], fixed: int, how: Lint) -> str:
    """What goes to stderr: how much was found and what could not be checked."""
    found = Counter(d.severity.value for result in results for d in result.diagnostics)
    # What --fix left can only be mended by hand, though editors may still offer its fix.
    fixable = 0 if how.fix else sum(d.fix is not None for result in results for d in result.diagnostics)
    parts = [counted(found[severity], severity) for severity in ("error", "warning", "note") if found[severity]]
    line = f"{counted(len(results), 'spec')}: {', '.join(parts) or 'nothing to report'}"
    if fixed:
        line += f"; {counted(fixed, 'fix', 'fixes')} applied"
    if fixable:
        line += f"; `--fix` can mend {fixable}"
    if unchecked:
        which = "" if len(unchecked) == len(results) else f" for {', '.join(map(str, unchecked))}"
        why = f" ({how.awaited} is not there yet)" if how.awaited else ""
        line += (
            f"\nnote: no schema{which}{why}, so names and types were not checked; "
            "`accord schema pull` makes a snapshot of your org, or name one with --schema"
        )
    return line + "\n"


def _exit_code(results: list[Linted], strict: bool) -> Exit:
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(d.severity in bad for result in results for d in result.diagnostics):
        return Exit.NOT_FINE
    return Exit.FINE
