"""The syntax tree of a spec: one node a statement, one a line of a block. What was written, nothing looked up."""

from __future__ import annotations

from typing import Literal, TypeAlias

from grammar.node import Node
from grammar.soql_tree import Condition, FieldPath, Value
from grammar.source import NOWHERE, Span


class Name(Node):
    """A bare name: an object, a definition, a table."""

    text: str
    span: Span


class Text(Node):
    """A text in double quotes; `value` is what it stands for."""

    value: str
    span: Span


class Comment(Node):
    """`# ...`, anchored before the token with the number `token`; `trailing`: it ends the line of the token before."""

    text: str
    token: int
    trailing: bool
    blank_before: bool
    span: Span


class Trivia(Node):
    """What the tree itself does not hold: comments, and the numbers of the tokens that follow a blank line."""

    comments: tuple[Comment, ...] = ()
    blank_before: frozenset[int] = frozenset()


class Invalid(Node):
    """A piece that does not parse; the diagnostics say why."""

    text: str
    span: Span


class Where(Node):
    """`where C`."""

    condition: Condition
    span: Span


class SelectedField(Node):
    """A field of a list, with its display name."""

    path: FieldPath
    label: Text | None
    span: Span


class FieldSelection(Node):
    """`fields A, B`, `also A`, `except A`."""

    mode: Literal["fields", "also", "except"]
    fields: tuple[SelectedField, ...]
    span: Span


class Link(Node):
    """`via AccountId`, or `via Account_Number__c = AccountNumber` to match a value of the parent."""

    child: FieldPath
    parent: FieldPath | None
    span: Span


class Version(Node):
    """`accord 1`."""

    number: int
    span: Span


class AccountFilter(Node):
    """`where C`, `customer where C`, `prospect where C`, `partner where C`."""

    kind: Literal["all", "customer", "prospect", "partner"]
    condition: Condition
    span: Span


class OnLeaving(Node):
    """`on leaving keep | remove`."""

    policy: Literal["keep", "remove"]
    span: Span


class Accounts(Node):
    """Which accounts come in, and of which type."""

    items: tuple[AccountFilter | FieldSelection | OnLeaving | Invalid, ...]
    span: Span


class OwnerChild(Node):
    """`UserId of AccountTeamMember via AccountId where C`: the user that a child row names."""

    path: FieldPath
    object: Name
    via: Link
    condition: Condition | None
    span: Span


class OwnerRule(Node):
    """`csm from CSM__c else OwnerId`; `quoted` for a kind of the author's own."""

    kind: str
    quoted: bool
    sources: tuple[FieldPath | OwnerChild, ...]
    span: Span
    kind_span: Span


class SkipInactive(Node):
    """`skip inactive users`."""

    span: Span


class Owners(Node):
    """Who owns an account, kind by kind."""

    items: tuple[OwnerRule | SkipInactive | Invalid, ...]
    span: Span


class NoValue(Node):
    """`none`."""

    span: Span


class Currency(Node):
    """`in corporate currency`, `in account currency`, `in "EUR" currency`; `code` only for the last."""

    kind: Literal["corporate", "account", "code"]
    code: str | None
    span: Span


class Aggregate(Node):
    """`sum(Amount__c) of Subscription__c via Account__c by G in corporate currency where C else 0`."""

    function: Literal["sum", "max", "min", "latest", "earliest", "average", "count"]
    value: FieldPath | None
    object: Name
    via: Link
    by: FieldPath | None
    currency: Currency | None
    condition: Condition | None
    otherwise: Value | FieldPath | None
    span: Span
    function_span: Span


class AccountValue(Node):
    """`arr ...` and `renewal ...`: nothing, a field, or an aggregate."""

    column: Literal["arr", "renewal"]
    source: NoValue | FieldPath | Aggregate
    span: Span


class Metric(Node):
    """`metric "Open pipeline" from AGG...`: a further calculated column of accounts."""

    label: Text
    source: Aggregate
    span: Span


class Define(Node):
    """`define active on Subscription__c where C`."""

    name: Name
    object: Name
    condition: Condition
    span: Span


class Related(Node):
    """`contacts { ... }`, `opportunities { ... }`, or `none`."""

    table: Literal["contacts", "opportunities"]
    off: bool
    items: tuple[Where | FieldSelection | Invalid, ...]
    span: Span


class CustomObject(Node):
    """`object Contract as "Contracts" on account via AccountId { ... }`."""

    object: Name
    label: Text
    parent: Literal["account", "contact"]
    via: Link
    items: tuple[Where | FieldSelection | Invalid, ...]
    span: Span
    parent_span: Span = NOWHERE


class Lookback(Node):
    """`lookback 90 days`."""

    days: int
    span: Span


class Conversation(Node):
    """`conversation case_comments | email_messages`."""

    source: Literal["case_comments", "email_messages"]
    span: Span


class Sentiment(Node):
    """`sentiment on | off`."""

    on: bool
    span: Span


class Cases(Node):
    """Support cases and their conversations."""

    items: tuple[Where | Lookback | Conversation | FieldSelection | Sentiment | Invalid, ...]
    span: Span


class Every(Node):
    """`every day at 02:00 in "Europe/Berlin"`; `at` is HH:MM."""

    period: Literal["hour", "day", "week"]
    weekday: str | None
    at: str | None
    zone: Text | None
    span: Span


class Chatter(Node):
    """`chatter on accounts, opportunities { ... }`."""

    tables: tuple[Name, ...]
    items: tuple[Every | Lookback | Where | Invalid, ...]
    span: Span


class Schedule(Node):
    """`schedule every ...`."""

    every: Every
    span: Span


class Percent(Node):
    """`10%`; the number as written."""

    text: str
    span: Span


class LeaveGuard(Node):
    """`accounts may leave at most 10%`."""

    table: Name | Text
    limit: Percent
    span: Span


class MoveGuard(Node):
    """`arr may move at most 25%`, `"Open pipeline" may move at most 50%`."""

    column: Name | Text
    limit: Percent
    span: Span


class FillGuard(Node):
    """`csm filled on at least 90% of customers`."""

    kind: Name | Text
    limit: Percent
    span: Span


class Guards(Node):
    """What a run may change before it stops and asks."""

    items: tuple[LeaveGuard | MoveGuard | FillGuard | Invalid, ...]
    span: Span


class WritebackField(Node):
    """`Health__c from "Health score"`."""

    path: FieldPath
    key: Text | None
    span: Span


class WritebackFields(Node):
    """`fields A, B from "Key"` of a writeback block."""

    fields: tuple[WritebackField, ...]
    span: Span


class Conflicts(Node):
    """`conflicts hold | salesforce | statisfy`."""

    policy: Literal["hold", "salesforce", "statisfy"]
    span: Span


class Writeback(Node):
    """The fields of an object whose edits go back to Salesforce."""

    object: Name
    items: tuple[WritebackFields | Conflicts | Invalid, ...]
    span: Span


class Pair(Node):
    """`Amount__c: 100` of a test's record; a bare word such as `customer` is a Name, a metric's label a Text."""

    key: FieldPath | Text
    value: Value | Name
    span: Span


class Given(Node):
    """`given Account { Id: 'a', Type: 'Customer' }`."""

    object: Name
    pairs: tuple[Pair, ...]
    span: Span


class Expect(Node):
    """`expect account 'a' { arr: 0 }`, or `expect account 'a' absent`."""

    table: Name
    key: Value
    absent: bool
    pairs: tuple[Pair, ...]
    span: Span


class Test(Node):
    """`test "..." on DATE { given ... expect ... }`."""

    title: Text
    date: str
    currency: Text | None
    items: tuple[Given | Expect | Invalid, ...]
    span: Span


Statement: TypeAlias = (
    Version
    | Accounts
    | Owners
    | AccountValue
    | Metric
    | Define
    | Related
    | CustomObject
    | Cases
    | Chatter
    | Schedule
    | Guards
    | Writeback
    | Test
    | Invalid
)


class Spec(Node):
    """A whole spec in the order in which it was written."""

    statements: tuple[Statement, ...]
    trivia: Trivia
    span: Span
