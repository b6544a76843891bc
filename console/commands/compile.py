"""`accord compile`: what a spec means for an org, readable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from console.exits import NotStarted


@click.command("compile", short_help="Show the SOQL and the SQL that a spec becomes.")
@click.argument("spec", type=click.Path(path_type=Path))
@click.argument("parts", metavar="[PART]...", nargs=-1)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write the plan, as JSON, to a file."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "soql", "sql", "json"]),
    default="text",
    show_default=True,
    help="All of it, the queries alone, the statements alone, or a document.",
)
@click.option("--schema", metavar="FOLDER", type=click.Path(path_type=Path), help="Org folder to compile against.")
@click.option("--strict", is_flag=True, help="Let warnings count as errors do.")
def command(
    spec: Path, parts: tuple[str, ...], output: Path | None, style: str, schema: Path | None, strict: bool
) -> None:
    """Compile a spec against a snapshot of the org; nothing is asked of Salesforce.

    PART names filters, queries or tables (`accounts`, `arr`, `contacts`) and shows those alone.

    Shows each filter clause by clause, the SOQL that a run sends, the SQL that makes each table, and two digests: of
    the plan as it is, and of its meaning, which comments and layout do not change.
    """
    from console.plan_text import parts_of, plan_document, plan_text, soql_section, sql_section
    from console.planning import load_settings, plan_offline
    from console.texts import write_whole

    if output is not None and _same(output, spec):
        raise NotStarted(f"{output} is the spec itself, which the plan would replace", help="name another file")
    planned = plan_offline(spec, load_settings(), schema, strict=strict)
    plan = planned.plan
    if unknown := [part for part in parts if part not in parts_of(plan)]:
        raise NotStarted(f"the plan has no part `{unknown[0]}`", help=f"it has {', '.join(parts_of(plan))}")
    if style == "soql" and not soql_section(plan, parts):
        raise _nothing_of(parts, "query", (extract.id for extract in plan.extracts))
    if style == "sql" and not sql_section(plan, parts):
        raise _nothing_of(parts, "statement", (table.name for table in plan.tables))
    if output is not None:
        import json

        from compiler.plan_document import to_document

        source = planned.checked.source
        document = {"spec": {"path": source.path, "text": source.text}, **to_document(plan)}
        write_whole(output, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        click.echo(f"wrote {output}", err=True)
    if style == "json":
        import json

        click.echo(json.dumps(plan_document(plan), ensure_ascii=False, indent=2))
    elif style == "soql":
        click.echo(soql_section(plan, parts))
    elif style == "sql":
        click.echo(sql_section(plan, parts))
    elif output is None:
        click.echo(plan_text(plan, parts))


def _nothing_of(parts: Sequence[str], what: str, those_with: Iterable[str]) -> NotStarted:
    """Parts were named that are nothing by themselves: they belong to queries or statements of others."""
    named = ", ".join(f"`{part}`" for part in parts)
    return NotStarted(
        f"{named} have no {what} of their own" if parts[1:] else f"{named} has no {what} of its own",
        help=f"those with a {what} are {', '.join(those_with)}",
    )


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, which then exists."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there, or cannot be read, which is said of it when it is used
        return False
