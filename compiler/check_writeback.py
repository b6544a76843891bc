"""Which fields may be written back to Salesforce."""

from __future__ import annotations

from compiler.checks import writeback
from compiler.paths import Report, find_field, find_object
from compiler.resolve import all_of
from compiler.schema import Schema
from grammar.spec_tree import Spec, Writeback, WritebackFields


def check_writeback(spec: Spec, schema: Schema, report: Report) -> None:
    """Report fields that Salesforce does not let be written, and those that Accord refuses to write."""
    for statement in all_of(spec, Writeback):
        name = "Account" if statement.object.text.lower() == "account" else statement.object.text
        sobject = find_object(name, statement.object.span, schema, report)
        if sobject is None:
            continue
        for item in statement.items:
            if not isinstance(item, WritebackFields):
                continue
            for field in item.fields:
                ref = find_field(field.path, sobject, schema, report)
                if ref is None:
                    continue
                if ref.hops:
                    report(writeback.refused(ref.name, "it is a field of another object", field.path.span))
                elif ref.field.name in ("OwnerId", "RecordTypeId") or ref.field.type == "reference":
                    report(
                        writeback.refused(
                            ref.name, "owners, record types and links are left to Salesforce", field.path.span
                        )
                    )
                elif not ref.field.updateable:
                    why = "it is a formula" if ref.field.calculated else "Salesforce does not let it be changed"
                    report(writeback.refused(ref.name, why, field.path.span))
