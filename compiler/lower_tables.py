"""The tables of records beside accounts: contacts, opportunities, custom objects, and the users they name."""

from __future__ import annotations

from compiler.lower_accounts import ID, TEXT, AccountRows, synced_column
from compiler.lower_links import linked, picked
from compiler.lower_soql import Drafts, ExtractDraft
from compiler.paths import find_field
from compiler.plan import Parent, Source, Table, TableColumn
from compiler.relation import (
    Aggregated,
    Assign,
    Call,
    Col,
    ColumnType,
    Extracted,
    Filtered,
    Joined,
    Relation,
    Select,
    Union,
    Wanted,
)
from compiler.resolved import ResolvedTable
from compiler.tables import USER_COLUMNS
from grammar.soql_tree import FieldPath
from grammar.source import NOWHERE, Span


def draft_table(table: ResolvedTable, others: list[ResolvedTable], drafts: Drafts) -> ExtractDraft:
    """What must be read for a table; a contact's field is read for the `others` whose links need it."""
    draft = drafts.draft(table.table, table.object, table.filter, table.span)
    for synced in table.fields:
        draft.need(synced.ref)
    draft.need(table.link.child, deciding=True)
    if table.table == "contacts":
        for child in others:
            if child.parent == "contact" and child.link.parent is not None:
                draft.need(child.link.parent, deciding=True)
    return draft


def record_table(
    table: ResolvedTable, draft: ExtractDraft, accounts: AccountRows, contacts: ExtractDraft | None, leaving: str
) -> Table:
    """A table of records whose parent is in."""
    parent_table = "accounts" if table.parent == "account" else "contacts"
    parent_id = f"{table.parent}_id"
    base: Relation = accounts.base
    if table.parent == "contact":
        assert contacts is not None
        base = Joined(Extracted(contacts.id), Wanted("contacts"), "semi", (("Id", "Id"),))
    names = [draft.need(s.ref) for s in table.fields]
    rows = linked(draft, names, table.link, base, parent_id)
    attached = Joined(rows, Wanted(parent_table), "semi", ((parent_id, "Id"),))
    link = (Source(table.object, table.link.child.name),)
    columns = (
        *(synced_column(s.ref, s.label, s.span) for s in table.fields),
        TableColumn(
            parent_id,
            ID,
            f"{table.parent.capitalize()} it belongs to",
            f"{table.object}.{table.link.child.name}",
            link,
            True,
            table.link.child.volatile,
            table.span,
        ),
    )
    relation = Select(attached, tuple(Assign(c.name, Col(c.name)) for c in columns))
    return Table(
        table.table,
        "record",
        table.object,
        table.label,
        ("Id",),
        columns,
        relation,
        (draft.id,),
        Parent(parent_table, parent_id),
        "remove" if leaving == "remove" else "keep",
        table.span,
    )


def draft_users(drafts: Drafts) -> ExtractDraft:
    """All users: which of them are needed is known only once owners are."""
    draft = drafts.draft("users", "User", None, NOWHERE)
    user = drafts.schema.object("User")
    if user is not None:
        for _, path, _, _ in USER_COLUMNS:
            ref = find_field(FieldPath((path,), NOWHERE), user, drafts.schema, lambda _: None)
            if ref is not None:
                draft.need(ref, deciding=path == "IsActive")
    return draft


def users_table(draft: ExtractDraft, tables: tuple[Table, ...], leaving: str, span: Span) -> Table:
    """Every user that an owner of an account or of a synced record names."""
    named = [Select(Wanted("account_owners"), (Assign("Id", Col("user_id")),))]
    owned = [table.name for table in tables if any(c.name == "OwnerId" for c in table.columns)]
    named += [Select(Wanted(name), (Assign("Id", Col("OwnerId")),)) for name in owned]
    everyone = Aggregated(Filtered(Union(tuple(named)), Call("is_not_null", (Col("Id"),))), ("Id",), ())
    found = Joined(Extracted(draft.id), everyone, "semi", (("Id", "Id"),))
    present = {c.name for c in draft.extract().columns}
    columns = [TableColumn("Id", ID, "Record ID", "User.Id", (Source("User", "Id"),), False, False, span)]
    values = list(picked("Id"))
    for name, path, label, kind in USER_COLUMNS:
        if path in present:
            column_kind = TEXT if kind == "text" else ColumnType("boolean")
            columns.append(
                TableColumn(name, column_kind, label, f"User.{path}", (Source("User", path),), True, False, span)
            )
            values.append(Assign(name, Col(path)))
    return Table(
        "users",
        "record",
        "User",
        "Users",
        ("Id",),
        tuple(columns),
        Select(found, tuple(values)),
        (draft.id,),
        None,
        "remove" if leaving == "remove" else "keep",
        span,
    )
