"""Field paths, functions and the names behind FROM: text to tree."""

from __future__ import annotations

from grammar import condition_errors, foreign_errors, query_errors
from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.parse_value import parse_value
from grammar.soql_functions import NAMES, wrong_arguments
from grammar.soql_tree import FieldPath, FunctionCall, Operand
from grammar.statement_starts import begins_statement
from grammar.tokens import Kind, Token

DEEPEST = 100
# Words that name no field, object or alias (SOQL and SOSL Reference, "Alias Notation", and Salesforce's own grammar).
RESERVED = frozenset(
    {"select", "from", "using", "where", "with", "having", "limit", "for", "update", "by", "asc", "desc", "nulls"}
    | {"first", "last", "and", "or", "not", "in", "like", "includes", "excludes", "null", "true", "false"}
)


def close(cursor: Cursor, opening: Token) -> Token:
    """Take the `)` that belongs to `opening`, or fail, naming both ends."""
    if cursor.at_sign(")"):
        return cursor.take()
    token = cursor.token
    if cursor.swallowed(")", opening):
        cursor.note_expected()
        return cursor.last
    if token.kind is Kind.END or token.text in ("{", "}"):
        # Nothing can follow that belongs inside, so the rest is read as if the sign stood here.
        cursor.note_expected()
        cursor.report(errors.unclosed_parenthesis(opening, token, cursor.last.end))
        return cursor.last
    if token.kind is Kind.NAME:
        raise SyntaxFail(errors.unclosed_parenthesis(opening, token, cursor.last.end))
    raise cursor.fail()


def field_path(cursor: Cursor, words: str = "a field") -> FieldPath:
    """Parse `Name` or `Account.Owner.Name`."""
    in_block = cursor.begins_item is not None
    # In a block, a text in double quotes behind a name may be the next owner kind.
    if cursor.in_spec and begins_statement(cursor) and not (in_block and cursor.peek().kind is Kind.TEXT):
        cursor.tried.append(words)
        raise cursor.fail()
    first = cursor.expect_kind(Kind.NAME, words)
    names = [first.text]
    loose = False
    while cursor.token.text == "." and cursor.token.kind is Kind.PUNCTUATION:
        cursor.take()
        names.append(cursor.expect_kind(Kind.NAME, "a field").text)
        loose = loose or not (cursor.joined(cursor.index - 2) and cursor.joined(cursor.index - 1))
    path = FieldPath(tuple(names), cursor.since(first.start))
    if loose and not cursor.in_spec:
        cursor.report(foreign_errors.loose_path(path.span, path.text))
    return path


def operand_path(cursor: Cursor, *, inside: str = "", count_rows: bool = False) -> FieldPath | FunctionCall:
    """Parse a field path, or a function with what stands in its parentheses.

    `inside` is the function, in capitals, whose argument this is; `count_rows` says that COUNT() may stand here.
    """
    if cursor.token.kind is Kind.NAME and cursor.peek().text == "(":
        name = cursor.take()
        reported = len(cursor.diagnostics)
        opening = cursor.take()
        if cursor.token.is_word("select"):
            instead = "`Id IN (SELECT AccountId FROM Contact)`, with the field that leads back to the record"
            raise SyntaxFail(condition_errors.foreign_operator(name.span, name.text.upper(), instead))
        args: list[Operand] = []
        cursor.depth += 1
        if cursor.depth > DEEPEST:
            raise SyntaxFail(condition_errors.too_deep(name.span))
        while not cursor.at_sign(")"):
            if args and not cursor.accept_sign(","):
                break
            args.append(_argument(cursor, name.text.upper()))
        cursor.depth -= 1
        close(cursor, opening)
        call = FunctionCall(name.text, tuple(args), cursor.since(name.start))
        if len(cursor.diagnostics) == reported:
            _check_call(cursor, call, name, inside, count_rows=count_rows)
        return call
    if cursor.token.lower in RESERVED:
        cursor.tried.append("a field")
        raise cursor.fail()
    return field_path(cursor)


def _argument(cursor: Cursor, function: str) -> Operand:
    if cursor.at_kind(Kind.NAME, "a field") and cursor.token.lower not in ("null", "true", "false"):
        return operand_path(cursor, inside=function)
    return parse_value(cursor)


def _check_call(cursor: Cursor, call: FunctionCall, name: Token, inside: str, *, count_rows: bool) -> None:
    function = name.text.upper()
    if function not in NAMES:
        inner = call.args[0].span if len(call.args) == 1 else None
        cursor.report(
            query_errors.unknown_function(name, call.span, cursor.text[inner.start : inner.end] if inner else None)
        )
    elif wants := wrong_arguments(function, call.args):
        cursor.report(query_errors.function_arguments(name.text, wants, call.span))
    elif function == "GEOLOCATION" and inside != "DISTANCE":
        cursor.report(query_errors.geolocation_alone(call.span))
    elif function == "COUNT" and not call.args and not count_rows:
        cursor.report(query_errors.count_alone(call.span, "counts rows and can only stand alone behind SELECT"))


def source_path(cursor: Cursor) -> FieldPath:
    """What stands behind FROM: an object, or a relationship as in `Account.Contacts`."""
    if cursor.token.lower in RESERVED:
        cursor.tried.append("an object")
        raise cursor.fail()
    return field_path(cursor, "an object")


def begins_clause(cursor: Cursor) -> bool:
    """Whether a clause follows rather than an alias, which may be called `offset`, `order` or `all`."""
    word, following = cursor.token.lower, cursor.peek()
    match word:
        case "offset":
            return following.kind is Kind.NUMBER or following.text in (":", "-")
        case "order":
            return following.kind is Kind.NAME and not following.is_word("order")
        case "all":
            return following.is_word("rows")
        case _:
            return word == "group" or word in RESERVED
