"""`accord explain`: the page of a diagnostic."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from console.exits import NotStarted

_PAGE = re.compile(r"(?P<code>[A-Z]\d{4})-(?P<name>[a-z0-9-]+)\.md")


@click.command("explain", short_help="Show the page of a diagnostic: what it means and what to do.")
@click.argument("code", required=False)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def command(code: str | None, style: str) -> None:
    """Show the page of a diagnostic, by its code (E0201) or name (unknown-field).

    Without a code it lists all of them.
    """
    pages = _pages()
    if code is None:
        _print_list(pages, style)
        return
    page = pages.get(code.upper()) or next((p for p in pages.values() if _name(p) == code.lower()), None)
    if page is None:
        from grammar.nearest import nearest

        near = nearest(code, [*pages, *map(_name, pages.values())])
        raise NotStarted(
            f"there is no diagnostic `{code}`",
            help=f"did you mean `{near}`?" if near else "`accord explain` lists all of them",
        )
    text = page.read_text("utf-8")
    if style == "json":
        _print_json({"code": page.name[:5], "name": _name(page), "page": text})
    elif _on_terminal():
        from rich.console import Console
        from rich.markdown import Markdown

        Console(width=min(Console().width, 100)).print(Markdown(text))
    else:
        click.echo(text, nl=False)


def _pages() -> dict[str, Path]:
    from console.shipped import shipped

    found = (
        (match["code"], path) for path in shipped("diagnostics").iterdir() if (match := _PAGE.fullmatch(path.name))
    )
    return dict(sorted(found))


def _name(page: Path) -> str:
    return page.stem.partition("-")[2]


def _print_list(pages: dict[str, Path], style: str) -> None:
    if style == "json":
        _print_json({"diagnostics": [{"code": code, "name": _name(page)} for code, page in pages.items()]})
        return
    for code, page in pages.items():
        click.echo(f"{code}  {_name(page)}")


def _print_json(content: dict[str, object]) -> None:
    import json

    click.echo(json.dumps({"schema_version": 1, **content}, ensure_ascii=False, indent=2))


def _on_terminal() -> bool:
    from console.terminal import is_interactive

    return is_interactive(sys.stdout)
