"""SOQL's functions: which there are, what they take, and what they are in DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from compiler.schema import NUMBER_TYPES
from grammar.soql_tree import FieldPath, FunctionCall, NumberValue, StringValue
from grammar.soql_tree import Operand as Argument
from sandbox.errors import SoqlError
from sandbox.quoting import text, text_list
from sandbox.soql_literals import number
from sandbox.soql_scope import Operand, Scope

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
AVERAGE_SCALE = 8


class DateFunction(NamedTuple):
    """A part of a date: its SQL over a date or timestamp `{x}`, and whether only datetimes have it."""

    sql: str
    datetime_only: bool = False
    kind: str = "int"


_DATE_FUNCTIONS = {
    "CALENDAR_MONTH": DateFunction("month({x})"),
    "CALENDAR_QUARTER": DateFunction("quarter({x})"),
    "CALENDAR_YEAR": DateFunction("year({x})"),
    "DAY_IN_MONTH": DateFunction("day({x})"),
    "DAY_IN_WEEK": DateFunction("dayofweek({x}) + 1"),
    "DAY_IN_YEAR": DateFunction("dayofyear({x})"),
    "DAY_ONLY": DateFunction("CAST({x} AS DATE)", datetime_only=True, kind="date"),
    "FISCAL_MONTH": DateFunction("(month({x}) - {f} + 12) % 12 + 1"),
    "FISCAL_QUARTER": DateFunction("((month({x}) - {f} + 12) % 12) // 3 + 1"),
    "FISCAL_YEAR": DateFunction("year({x}) + {y}"),
    "HOUR_IN_DAY": DateFunction("hour({x})", datetime_only=True),
    "WEEK_IN_MONTH": DateFunction("(day({x}) - 1) // 7 + 1"),
    "WEEK_IN_YEAR": DateFunction("(dayofyear({x}) - 1) // 7 + 1"),
}
DATE_FUNCTIONS = frozenset(_DATE_FUNCTIONS)
KNOWN = AGGREGATES | DATE_FUNCTIONS | {
    "CONVERTCURRENCY", "CONVERTTIMEZONE", "DISTANCE", "FIELDS", "FORMAT", "GEOLOCATION", "GROUPING", "TOLABEL",
}  # fmt: skip

Lookup = Callable[[FieldPath], Operand]


def call(function: FunctionCall, scope: Scope) -> Operand:
    """A function other than an aggregate, FIELDS or GROUPING, as SQL; raises SoqlError where Salesforce refuses."""
    name = function.name.upper()
    if name in DATE_FUNCTIONS:
        return _date_part(function, name, scope)
    match name:
        case "TOLABEL":
            return _label(function, scope)
        case "CONVERTCURRENCY":
            return _converted(function, scope)
        case "FORMAT":
            inner = argument(function, scope)
            return inner._replace(kind="formatted:" + inner.kind)
        case "DISTANCE":
            return _distance(function, scope)
        case "CONVERTTIMEZONE":
            raise SoqlError(
                "MALFORMED_QUERY", "convertTimezone() is allowed only inside a date function", function.span
            )
        case _:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{function.name}'", function.span)


def argument(function: FunctionCall, scope: Scope) -> Operand:
    """The one argument of a function: a field, or another function of a field."""
    match function.args:
        case (FieldPath() as path,):
            return scope.field(path)
        case (FunctionCall() as inner,):
            return call(inner, scope)
        case _:
            raise SoqlError("MALFORMED_QUERY", f"{function.name} takes one field", function.span)


def aggregate(function: FunctionCall, operand: Operand | None, scope: Scope) -> Operand:
    """An aggregate over its operand; `operand` None is COUNT() of rows."""
    name = function.name.upper()
    if operand is None:
        if name != "COUNT":
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{function.name}'", function.span)
        return Operand("count(*)", "int", "COUNT")
    field = operand.field
    summable = operand.kind in NUMBER_TYPES
    refused = (
        (name in ("SUM", "AVG") and not summable)
        or (name in ("MIN", "MAX") and operand.kind in ("boolean", "multipicklist"))
        or (field is not None and (field.is_compound or not (field.aggregatable or field.type == "id")))
    )
    if refused and not (name == "COUNT" and field is not None and field.type == "boolean"):
        raise SoqlError(
            "MALFORMED_QUERY", f"field {operand.name} does not support aggregate operator {name}", function.span
        )
    if operand.kind == "currency" and name in ("SUM", "AVG", "MIN", "MAX"):
        operand = in_corporate_currency(operand, scope)
    x = operand.sql
    match name:
        case "COUNT":
            return Operand(f"count({x})", "int", name)
        case "COUNT_DISTINCT":
            folded = f"lower({x})" if folds_case(operand) and scope.world.switches.grouping_ignores_case else x
            return Operand(f"count(DISTINCT {folded})", "int", name)
        case "SUM":
            return Operand(f"sum({x})", "double" if operand.kind == "percent" else operand.kind, name)
        case "AVG":
            return Operand(_average(x), "double", name)
        case _:
            function_name = name.lower()
            if operand.kind == "picklist" and field and field.picklist:
                order = picklist_position(operand)
                return operand._replace(sql=f"arg_{function_name}({x}, {order})")
            if folds_case(operand):
                return operand._replace(sql=f"arg_{function_name}({x}, upper({x}))")
            return operand._replace(sql=f"{function_name}({x})")


def _average(x: str) -> str:
    """An average without floats: the sum in units of 10^-8, divided as whole numbers, halves away from zero."""
    unit = 10**AVERAGE_SCALE
    total = f"CAST(CAST(sum({x}) AS DECIMAL(29,{AVERAGE_SCALE})) * {unit} AS HUGEINT)"
    rounded = f"sign({total}) * ((2 * abs({total}) + count({x})) // (2 * count({x})))"
    small = f"CAST('0.{'0' * (AVERAGE_SCALE - 1)}1' AS DECIMAL({AVERAGE_SCALE},{AVERAGE_SCALE}))"
    return f"CASE WHEN count({x}) > 0 THEN CAST({rounded} AS DECIMAL(29,0)) * {small} END"


def folds_case(operand: Operand) -> bool:
    """Whether comparisons of this operand ignore case."""
    if operand.kind in ("id", "reference", "boolean", "date", "datetime", "time", "distance"):
        return False
    if operand.kind in NUMBER_TYPES:
        return False
    return not (operand.field and operand.field.case_sensitive)


def picklist_position(operand: Operand) -> str:
    """Where a picklist's value stands in the list; values outside of it come last."""
    values = [value.value for value in operand.field.picklist] if operand.field else []
    return f"coalesce(list_position({text_list(values)}, {operand.sql}), {len(values) + 1})"


def labelled(operand: Operand) -> str:
    """A picklist's label where the value has one, else the value."""
    options = {v.value: v.label for v in operand.field.picklist if v.value != v.label} if operand.field else {}
    if not options or operand.field is None:
        return operand.sql
    if operand.field.type == "multipicklist":
        mapped = f"coalesce(map_extract_value(MAP {{{_pairs(options)}}}, v), v)"
        return f"list_aggregate([{mapped} FOR v IN string_split({operand.sql}, ';')], 'string_agg', ';')"
    return f"coalesce(map_extract_value(MAP {{{_pairs(options)}}}, {operand.sql}), {operand.sql})"


def _pairs(options: dict[str, str]) -> str:
    return ", ".join(f"{text(value)}: {text(label)}" for value, label in options.items())


def _label(function: FunctionCall, scope: Scope) -> Operand:
    operand = argument(function, scope)
    if operand.kind in NUMBER_TYPES or operand.kind in ("date", "datetime", "time", "boolean", "id", "reference"):
        raise SoqlError("INVALID_FIELD", f"toLabel() cannot be used on the field {operand.name}", function.span)
    return Operand(labelled(operand), "string", operand.name, None, operand.owner)


def _date_part(function: FunctionCall, name: str, scope: Scope) -> Operand:
    part = _DATE_FUNCTIONS[name]
    match function.args:
        case (FunctionCall(name=inner) as converted,) if inner.upper() == "CONVERTTIMEZONE":
            operand = argument(converted, scope)
            if operand.kind != "datetime":
                raise _wrong_field(function, operand)
            zone = str(scope.world.calendar.zone)
            x = f"timezone({text(zone)}, timezone('UTC', {operand.sql}))"
        case (FieldPath() as path,):
            operand = scope.field(path)
            x = operand.sql
        case _:
            raise SoqlError("MALFORMED_QUERY", f"{function.name} takes a date or dateTime field", function.span)
    if operand.kind not in ("date", "datetime") or (part.datetime_only and operand.kind == "date"):
        raise _wrong_field(function, operand)
    calendar = scope.world.calendar
    year_step = "0"
    if calendar.fiscal_month > 1:
        named_by_end = f"CAST(month({x}) >= {calendar.fiscal_month} AS INT)"
        named_by_start = f"-CAST(month({x}) < {calendar.fiscal_month} AS INT)"
        year_step = named_by_end if calendar.fiscal_year_named_by_end else named_by_start
    sql = part.sql.replace("{f}", str(calendar.fiscal_month)).replace("{y}", year_step).replace("{x}", x)
    return Operand(f"({sql})", part.kind, function.name)


def _wrong_field(function: FunctionCall, operand: Operand) -> SoqlError:
    return SoqlError(
        "INVALID_FIELD",
        f"{function.name} cannot be used on the field {operand.name} of type {operand.kind}",
        function.span,
    )


def _converted(function: FunctionCall, scope: Scope) -> Operand:
    operand = argument(function, scope)
    if operand.kind != "currency":
        raise SoqlError("INVALID_FIELD", f"convertCurrency() cannot be used on the field {operand.name}", function.span)
    return _by_its_day(in_corporate_currency(operand, scope), operand, scope)


def _by_its_day(static: Operand, operand: Operand, scope: Scope) -> Operand:
    """An opportunity's amount by the rate of the day on which it closes, where the org has dated rates."""
    currencies, owner = scope.world.currencies, operand.owner
    if currencies is None or not currencies.dated or owner is None or owner.sobject is None:
        return static
    own, day = owner.sobject.field("CurrencyIsoCode"), owner.sobject.field("CloseDate")
    if owner.sobject.name != "Opportunity" or own is None or day is None:
        return static
    arms = " ".join(
        f"WHEN {owner.column(own.name)} = {text(one.code)} AND {owner.column(day.name)} >= DATE {text(str(one.start))}"
        + (f" AND {owner.column(day.name)} < DATE {text(str(one.end))}" if one.end else "")
        + f" THEN {divided(operand.sql, one.rate)}"
        for one in currencies.dated
    )
    return operand._replace(sql=f"(CASE {arms} ELSE {static.sql} END)")


def in_corporate_currency(operand: Operand, scope: Scope) -> Operand:
    """A currency field's amount in the corporate currency, by the rate of the record's own; unchanged with one."""
    currencies = scope.world.currencies
    owner = operand.owner
    if currencies is None or owner is None or owner.sobject is None:
        return operand
    if not (own := owner.sobject.field("CurrencyIsoCode")):
        return operand
    arms = " ".join(
        f"WHEN {text(code)} THEN {divided(operand.sql, rate)}"
        for code, rate in sorted(currencies.rates.items())
        if rate != 1
    )
    if not arms:
        return operand
    return operand._replace(sql=f"(CASE {owner.column(own.name)} {arms} ELSE {operand.sql} END)")


def divided(x: str, rate: Decimal) -> str:
    """`x` divided by a constant of at most twelve decimals, exact to six digits behind the point, without floats."""
    places = min(12, max(0, -int(rate.normalize().as_tuple().exponent)))
    scaled = int(rate.scaleb(places))
    total = f"CAST(CAST({x} AS DECIMAL(24,6)) * 1000000 AS HUGEINT) * 1{'0' * places}"
    return f"CAST(sign({total}) * ((2 * abs({total}) + {scaled}) // (2 * {scaled})) AS DECIMAL(31,0)) * 0.000001"


def check_distance(function: FunctionCall) -> tuple[FieldPath, Argument, Argument, str]:
    """The field, latitude, longitude and unit (`mi` or `km`) of DISTANCE; raises SoqlError for another form."""
    match function.args:
        case (FieldPath() as path, FunctionCall(name=inner, args=(latitude, longitude)), StringValue(value=unit)) if (
            inner.upper() == "GEOLOCATION" and unit.lower() in ("mi", "km")
        ):
            return path, latitude, longitude, unit.lower()
        case _:
            raise SoqlError(
                "MALFORMED_QUERY",
                "DISTANCE takes a location field, GEOLOCATION(latitude, longitude) and the unit 'mi' or 'km'",
                function.span,
            )


def _distance(function: FunctionCall, scope: Scope) -> Operand:
    path, latitude, longitude, unit = check_distance(function)
    operand = scope.field(path)
    if operand.kind not in ("location", "address") or operand.owner is None or operand.owner.sobject is None:
        raise SoqlError("INVALID_FIELD", f"DISTANCE cannot be used on the field {operand.name}", path.span)
    parts = {
        part: operand.owner.column(field.name)
        for field in operand.owner.sobject.fields.values()
        if field.compound_of == operand.name
        for part in ("latitude", "longitude")
        if part in field.name.lower()
    }
    if len(parts) < 2:
        raise SoqlError("INVALID_FIELD", f"{operand.name} has no latitude and longitude", path.span)
    there = (_degrees(latitude), _degrees(longitude))
    lat, lon = (f"radians(CAST({parts[p]} AS DOUBLE))" for p in ("latitude", "longitude"))
    lat2, lon2 = (f"radians(CAST({d} AS DOUBLE))" for d in there)
    radius = "3958.7613" if unit == "mi" else "6371.0088"
    half = f"pow(sin(({lat2} - {lat}) / 2), 2) + cos({lat}) * cos({lat2}) * pow(sin(({lon2} - {lon}) / 2), 2)"
    return Operand(f"(2 * {radius} * asin(sqrt({half})))", "distance", function.name)


def _degrees(value: Argument) -> str:
    if not isinstance(value, NumberValue):
        raise SoqlError("MALFORMED_QUERY", "GEOLOCATION takes two numbers", value.span)
    return number(value.text)
