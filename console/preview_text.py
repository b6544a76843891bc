"""A preview as text: what each account type would get, a few accounts of each, and the size of the other tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.drawing import visible
from console.words import counted, table

if TYPE_CHECKING:
    from engine.preview import Preview, Sample, TypePreview


def preview_text(preview: Preview) -> str:
    """The whole preview; the text ends without a line break."""
    org = preview.identity.organization_name or preview.identity.organization_id
    head = (
        f"{visible(org)}, seen as {visible(preview.identity.username)}, "
        f"{preview.at:%Y-%m-%d %H:%M} UTC, {counted(preview.requests, 'request')}"
    )
    sections = [head, *(_type(one) for one in preview.types)]
    if preview.overlaps:
        lines = [f"  {counted(one.count, 'account')}: {' and '.join(one.types)}" for one in preview.overlaps]
        sections.append("\n".join(("Match several filters; the first one gives the type:", *lines)))
    if preview.others:
        rows = [(name, _number(count)) for name, count in preview.others.items()]
        sections.append(table(("other tables", "rows that match"), rows, frozenset({1})))
        sections.append("Of these come in the rows whose account or contact is in.")
    return "\n\n".join(sections)


def _type(one: TypePreview) -> str:
    name = "every match" if one.type == "all" else one.type
    lines = [f"{name}: {_number(one.count)}"]
    if one.matches is not None and one.count is not None and one.matches != one.count:
        lines[0] += f" of {one.matches:,} matches; the others have their type from an earlier filter"
    if one.note:
        lines.append(f"  {one.note}")
    if one.samples:
        lines.append(_samples(one.samples))
    return "\n".join(lines)


def _samples(samples: tuple[Sample, ...]) -> str:
    columns = list(samples[0].values)
    rows = [
        (one.id, visible(one.name or ""), *(_cell(one.values.get(column)) for column in columns)) for one in samples
    ]
    text = table(("Id", "Name", *columns), rows)
    return "\n".join(f"  {line}" for line in text.splitlines())


def _cell(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible(value or "")


def _number(count: int | None) -> str:
    return "not counted" if count is None else f"{count:,}"
