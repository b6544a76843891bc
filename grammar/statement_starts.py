"""Where statements and items begin: by these places a parser finds its way again after a mistake."""

from __future__ import annotations

from grammar.cursor import Cursor
from grammar.tokens import Kind

# What follows the first word of each statement: with both, a statement is recognised even where a brace is missing.
SIGNATURES: dict[str, tuple[Kind | str, ...]] = {
    "accord": (Kind.NUMBER,),
    "accounts": ("{",),
    "owners": ("{",),
    "arr": ("none", "from"),
    "renewal": ("none", "from"),
    "metric": (Kind.TEXT,),
    "define": (Kind.NAME,),
    "contacts": ("{", "none"),
    "opportunities": ("{", "none"),
    "object": (Kind.NAME,),
    "cases": ("{",),
    "chatter": ("on",),
    "schedule": ("every",),
    "guards": ("{",),
    "writeback": (Kind.NAME,),
    "test": (Kind.TEXT,),
}


def begins_statement(cursor: Cursor) -> bool:
    """Whether a statement begins here: its first word begins a line and what must follow it follows."""
    token = cursor.token
    if token.kind is not Kind.NAME or not token.first:
        return False
    following = cursor.peek()
    return any(
        following.kind is sign if isinstance(sign, Kind) else following.lower == sign
        for sign in SIGNATURES.get(token.lower, ())
    )


def begins_something_else(cursor: Cursor) -> bool:
    """Whether a statement or an item of the block begins here, so that what was wanted is missing."""
    if not cursor.in_spec or not cursor.token.first:
        return False
    return begins_statement(cursor) or (cursor.begins_item is not None and cursor.begins_item(cursor))
