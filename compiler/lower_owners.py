"""The table `account_owners`: who owns an account, kind by kind, the first source that names a user."""

from __future__ import annotations

from compiler.lower_accounts import BOOLEAN, ID, TEXT, AccountRows, own_column
from compiler.lower_links import linked, picked
from compiler.lower_soql import Drafts, ExtractDraft
from compiler.plan import Table
from compiler.relation import (
    Assign,
    Call,
    Col,
    Expr,
    Extracted,
    Filtered,
    First,
    Joined,
    Lit,
    OrderKey,
    Relation,
    Select,
    Take,
    Union,
)
from compiler.resolved import FieldRef, ResolvedOwner, ResolvedOwnerChild, ResolvedSpec
from grammar.soql_tree import FieldPath
from grammar.source import NOWHERE, Span


def owner_drafts(resolved: ResolvedSpec, drafts: Drafts) -> dict[tuple[str, int], ExtractDraft]:
    """What must be read for owner sources over child objects, by owner kind and number of the source."""
    found = {}
    for owner in resolved.owners:
        for number, source in enumerate(owner.sources):
            if isinstance(source, ResolvedOwnerChild):
                draft = drafts.draft(f"owners.{owner.kind}.{number + 1}", source.object, source.filter, source.span)
                draft.need(source.value, deciding=True)
                draft.need(source.link.child, deciding=True)
                created = drafts.schema.object(source.object)
                if created is not None and (field := created.field("CreatedDate")) is not None:
                    path = FieldPath((field.name,), NOWHERE)
                    draft.need(FieldRef(source.object, path, (), field, source.object, NOWHERE), deciding=True)
                found[owner.kind, number] = draft
    return found


def owners_table(
    resolved: ResolvedSpec,
    rows: AccountRows,
    drafts: dict[tuple[str, int], ExtractDraft],
    users: ExtractDraft,
    span: Span,
) -> Table:
    """The table `account_owners`: a row for each account and kind whose owner was found."""
    kinds = tuple(_owner_rows(owner, rows.base, drafts, users, resolved.skip_inactive) for owner in resolved.owners)
    names = ("account_id", "owner_type", "user_id", "source")
    if not kinds:
        nobody = Select(
            rows.base,
            (Assign("account_id", Col("Id")), *(Assign(name, Lit(None, TEXT)) for name in names[1:])),
        )
        relation: Relation = Filtered(nobody, Lit(False, BOOLEAN))
    else:
        relation = kinds[0] if len(kinds) == 1 else Union(kinds)
    columns = tuple(
        own_column(name, label, kind, words, (), span)
        for name, label, kind, words in (
            ("account_id", "Account", ID, "Account.Id"),
            ("owner_type", "Owner type", TEXT, "the owner kinds of the spec"),
            ("user_id", "User", ID, "the first source that names a user"),
            ("source", "Source", TEXT, "where the user was found"),
        )
    )
    return Table(
        "account_owners",
        "derived",
        None,
        "Account owners",
        ("account_id", "owner_type"),
        columns,
        relation,
        (),
        None,
        resolved.on_leaving,
        span,
    )


def _owner_rows(
    owner: ResolvedOwner,
    base: Relation,
    drafts: dict[tuple[str, int], ExtractDraft],
    reading_users: ExtractDraft,
    skip_inactive: bool,
) -> Relation:
    users = Extracted(reading_users.id)
    fields = [s.name for s in owner.sources if isinstance(s, FieldRef)]
    parents = [s.link.parent.name for s in owner.sources if isinstance(s, ResolvedOwnerChild) and s.link.parent]
    relation: Relation = Select(base, picked(*dict.fromkeys(("Id", *fields, *parents))))
    found: Expr = Lit(None, ID)
    words: Expr = Lit(None, TEXT)
    for number, source in reversed(list(enumerate(owner.sources))):
        candidate, user, active = f"candidate {number}", f"user {number}", f"active {number}"
        if isinstance(source, FieldRef):
            candidate = source.name
        else:
            oldest = _oldest(drafts[owner.kind, number], source, base)
            relation = Joined(relation, oldest, "left", (("Id", "account_id"),), (Take(candidate, "user_id"),))
        taken = [Take(user, "Id")]
        if any(column.name == "IsActive" for column in reading_users.extract().columns):
            taken.append(Take(active, "IsActive"))
        relation = Joined(relation, users, "left", ((candidate, "Id"),), tuple(taken))
        holds: Expr = Call("is_not_null", (Col(user),))
        if skip_inactive:
            holds = Call("and", (holds, Call("true_if", (Col(active),))))
        text = source.name if isinstance(source, FieldRef) else source.text
        found = Call("if", (holds, Col(candidate), found))
        words = Call("if", (holds, Lit(text, TEXT), words))
    named = Select(
        relation,
        (
            Assign("account_id", Col("Id")),
            Assign("owner_type", Lit(owner.kind, TEXT)),
            Assign("user_id", found),
            Assign("source", words),
        ),
    )
    return Filtered(named, Call("is_not_null", (Col("user_id"),)))


def _oldest(draft: ExtractDraft, source: ResolvedOwnerChild, base: Relation) -> Relation:
    """The user of each account's oldest matching child row that names one."""
    value = draft.need(source.value, deciding=True)
    has_created = any(c.name == "CreatedDate" for c in draft.extract().columns)
    order = ("CreatedDate", "Id") if has_created else ("Id",)
    rows = linked(draft, ["Id", value, *order], source.link, base, "account_id")
    named = Filtered(rows, Call("is_not_null", (Col(value),)))
    first = First(named, ("account_id",), tuple(OrderKey(name) for name in order))
    return Select(first, (*picked("account_id"), Assign("user_id", Col(value))))
