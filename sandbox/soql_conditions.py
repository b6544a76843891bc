"""WHERE and HAVING as SQL that is true or false, never unknown, row by row as Salesforce decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from compiler.meaning import like_parts, null_passes, null_passes_negation
from compiler.meaning.like import AnyOne, AnyRun, matches_anything
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    CurrencyValue,
    FieldPath,
    FunctionCall,
    Not,
    Or,
    Paren,
    StringValue,
    SubSelect,
    Use,
    Value,
    ValueList,
)
from sandbox import soql_functions as functions
from sandbox.errors import SoqlError
from sandbox.quoting import text, text_list
from sandbox.soql_literals import day_range, is_null, literal, number, wrong_kind
from sandbox.soql_operators import RANGES, check_operator
from sandbox.soql_scope import Operand, Scope
from sandbox.soql_semi_joins import check_subselects, leaves, semi_join

Lookup = Callable[[FieldPath | FunctionCall], Operand]


def where_sql(condition: Condition, scope: Scope) -> str:
    """The condition of a WHERE clause over the tables of `scope`; raises SoqlError where Salesforce refuses."""
    check_subselects(condition)
    return _where(condition, scope)


def having_sql(condition: Condition, scope: Scope, lookup: Lookup) -> str:
    """The condition of a HAVING clause; `lookup` gives grouped fields and aggregates."""
    for leaf in leaves(condition):
        if isinstance(leaf.right, SubSelect):
            raise SoqlError("MALFORMED_QUERY", "Semi join sub-selects are not allowed in HAVING", leaf.right.span)
        values = leaf.right.items if isinstance(leaf.right, ValueList) else (leaf.right,)
        for value in values:
            if isinstance(value, CurrencyValue):
                words = "an amount with a currency cannot be compared with an aggregate"
                raise SoqlError("MALFORMED_QUERY", words, value.span)
    return _Conditions(scope, lookup).sql(condition)


def _filtered(left: FieldPath | FunctionCall, scope: Scope) -> Operand:
    if isinstance(left, FunctionCall):
        if left.name.upper() in functions.AGGREGATES:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{left.name}'", left.span)
        if left.name.upper() in ("CONVERTCURRENCY", "FORMAT"):
            raise SoqlError("MALFORMED_QUERY", f"{left.name} cannot be used in a WHERE clause", left.span)
        return functions.call(left, scope)
    operand = scope.field(left)
    field = operand.field
    if operand.kind in ("address", "location"):
        words = "Address fields" if operand.kind == "address" else "Geolocation fields"
        raise SoqlError("INVALID_FIELD", f"{words} can only be filtered using Distance expressions", left.span)
    if field is not None and not field.filterable:
        raise SoqlError("INVALID_FIELD", f"field '{operand.name}' can not be filtered in a query call", left.span)
    return operand


def _where(condition: Condition, scope: Scope) -> str:
    return _Conditions(scope, lambda left: _filtered(left, scope)).sql(condition)


class _Conditions:
    """Turns conditions into SQL, with one way of looking up their left sides."""

    def __init__(self, scope: Scope, lookup: Lookup) -> None:
        self.scope = scope
        self.world = scope.world
        self.lookup = lookup

    def sql(self, condition: Condition) -> str:
        match condition:
            case Comparison():
                return self._comparison(condition, negated=False)
            case And(operands=operands):
                return "(" + " AND ".join(self.sql(o) for o in operands) + ")"
            case Or(operands=operands):
                return "(" + " OR ".join(self.sql(o) for o in operands) + ")"
            case Paren(inner=inner):
                return self.sql(inner)
            case Not(operand=operand):
                inner = operand
                while isinstance(inner, Paren):
                    inner = inner.inner
                if isinstance(inner, Comparison):
                    return self._comparison(inner, negated=True)
                return f"({self.sql(inner)}) IS NOT TRUE"
            case Use(name=name, span=span):
                raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{name}'", span)
            case _:
                assert_never(condition)

    def _comparison(self, leaf: Comparison, negated: bool) -> str:
        left = self.lookup(leaf.left)
        check_operator(left, leaf, self.world.switches)
        if isinstance(leaf.right, SubSelect):
            return semi_join(left, leaf, leaf.right, self.scope, _where, negated=negated)
        values = leaf.right.items if isinstance(leaf.right, ValueList) else (leaf.right,)
        if left.kind == "boolean":
            test = self._boolean(left, leaf, values)
            return f"(NOT {test})" if negated else test
        return self._two_valued(left, leaf, values, negated)

    def _two_valued(self, left: Operand, leaf: Comparison, values: tuple[Value, ...], negated: bool) -> str:
        """The test on values that are there, and what the table of nulls says about those that are not."""
        present = tuple(v for v in values if not is_null(v))
        with_null = len(present) < len(values)
        if with_null and leaf.operator in RANGES and self.world.switches.range_with_null == "refuse":
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: 'null' behind {leaf.operator}", leaf.right.span)
        anything = (
            leaf.operator == "LIKE"
            and isinstance(leaf.right, StringValue)
            and matches_anything(like_parts(leaf.right.raw))
        )
        rule = null_passes_negation if negated else null_passes
        passes = rule(leaf.operator, compared_with_null=with_null, anything=anything, switches=self.world.switches)
        test = self._present(left, leaf, present)
        if negated:
            test = f"NOT {test}"
        return f"({left.sql} IS NULL OR {test})" if passes else f"({left.sql} IS NOT NULL AND {test})"

    def _present(self, left: Operand, leaf: Comparison, values: tuple[Value, ...]) -> str:
        """The test where the left side is not null; `values` are those that are not null either."""
        match leaf.operator:
            case "=" | "IN":
                return self._equals_any(left, values)
            case "!=" | "NOT IN":
                return f"NOT {self._equals_any(left, values)}"
            case "LIKE":
                return self._like(left, leaf)
            case "INCLUDES":
                return self._includes(left, values)
            case "EXCLUDES":
                return f"NOT {self._includes(left, values)}"
            case "<" | "<=" | ">" | ">=":
                return self._range(left, leaf, values)
            case _:
                assert_never(leaf.operator)

    def _equals_any(self, left: Operand, values: tuple[Value, ...]) -> str:
        if not values:
            return "false"
        if any(isinstance(v, CurrencyValue) for v in values) and self.world.currencies:
            return self._currency_equals(left, values)
        tests: list[str] = []
        plain: list[str] = []
        for value in values:
            if bounds := day_range(left, value, self.world):
                tests.append(f"({left.sql} >= {bounds[0]} AND {left.sql} < {bounds[1]})")
            elif left.kind == "multipicklist" and isinstance(value, StringValue):
                tests.append(_same_selection(left, value.value))
            else:
                plain.append(self._folded_literal(left, value))
        if plain:
            tests.append(f"{self._folded(left)} IN ({', '.join(plain)})")
        return "(" + " OR ".join(tests) + ")"

    def _currency_equals(self, left: Operand, values: tuple[Value, ...]) -> str:
        if not all(isinstance(v, CurrencyValue) for v in values):
            raise SoqlError("MALFORMED_QUERY", "amounts with and without a currency cannot be mixed", values[0].span)
        corporate = functions.in_corporate_currency(left, self.scope).sql
        return f"({corporate} IN ({', '.join(self._corporate(v, left) for v in values)}))"

    def _corporate(self, value: Value, left: Operand) -> str:
        """An amount with its ISO code, in the corporate currency."""
        if not isinstance(value, CurrencyValue):
            return literal(left, value, self.world)
        currencies = self.world.currencies
        if currencies is None:
            return number(value.amount)
        rate = currencies.rates.get(value.code)
        if rate is None or value.code in currencies.inactive:
            raise SoqlError("INVALID_FIELD", f"Unknown currency code: {value.code}", value.span)
        return functions.divided(number(value.amount), rate)

    def _range(self, left: Operand, leaf: Comparison, values: tuple[Value, ...]) -> str:
        if not values:
            return "true" if self.world.switches.range_with_null == "always" else "false"
        value = values[0]
        operator = leaf.operator
        if bounds := day_range(left, value, self.world):
            # before the range or from its start; behind the range is from its end on
            edge = bounds[0] if operator in ("<", ">=") else bounds[1]
            sign = {"<": "<", "<=": "<", ">": ">=", ">=": ">="}[operator]
            return f"({left.sql} {sign} {edge})"
        if left.kind == "distance":
            return f"({left.sql} {operator} {self._plain_number(left, value)})"
        if isinstance(value, CurrencyValue) and self.world.currencies:
            corporate = functions.in_corporate_currency(left, self.scope).sql
            return f"({corporate} {operator} {self._corporate(value, left)})"
        if functions.folds_case(left):
            return f"(upper({left.sql}) {operator} upper({literal(left, value, self.world)}))"
        return f"({left.sql} {operator} {literal(left, value, self.world)})"

    def _plain_number(self, left: Operand, value: Value) -> str:
        return literal(left._replace(kind="double"), value, self.world)

    def _folded(self, left: Operand) -> str:
        return f"lower({left.sql})" if functions.folds_case(left) else left.sql

    def _folded_literal(self, left: Operand, value: Value) -> str:
        sql = literal(left, value, self.world)
        return f"lower({sql})" if functions.folds_case(left) else sql

    def _like(self, left: Operand, leaf: Comparison) -> str:
        if not isinstance(leaf.right, StringValue):
            assert not isinstance(leaf.right, (ValueList, SubSelect))
            raise wrong_kind(left, leaf.right)
        parts = like_parts(leaf.right.raw)
        pattern = "".join(
            "%"
            if isinstance(part, AnyRun)
            else "_"
            if isinstance(part, AnyOne)
            else part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            for part in parts
        )
        subject = functions.labelled(left) if left.kind == "picklist" else left.sql
        if not functions.folds_case(left):
            return f"({subject} LIKE {text(pattern)} ESCAPE '\\')"
        return f"(lower({subject}) LIKE lower({text(pattern)}) ESCAPE '\\')"

    def _includes(self, left: Operand, values: tuple[Value, ...]) -> str:
        selected = f"string_split(lower({left.sql}), ';')"
        tests = []
        for value in values:
            if not isinstance(value, StringValue):
                raise wrong_kind(left, value)
            tests.append(f"list_has_all({selected}, {_choices(value.value)})")
        return "(" + (" OR ".join(tests) or "false") + ")"

    def _boolean(self, left: Operand, leaf: Comparison, values: tuple[Value, ...]) -> str:
        """Booleans are never null: `= null` means false and `!= null` means true."""
        wanted = ["false" if is_null(v) else literal(left, v, self.world) for v in values]
        sign = "NOT IN" if leaf.operator in ("!=", "NOT IN") else "IN"
        return f"(coalesce({left.sql}, false) {sign} ({', '.join(wanted)}))"


def _choices(value: str) -> str:
    return text_list(part.strip().lower() for part in value.split(";") if part.strip())


def _same_selection(left: Operand, value: str) -> str:
    selected = f"list_sort(list_distinct(string_split(lower({left.sql}), ';')))"
    return f"({selected} = list_sort(list_distinct({_choices(value)})))"
