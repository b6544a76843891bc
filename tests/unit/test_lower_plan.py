from __future__ import annotations

import pytest

from compiler import build_schema, compile_spec
from compiler.digest import document_digest, meaning_digest
from compiler.plan import Cadence, Clause, Extract, Guard, Plan, Table
from compiler.print_soql import print_query
from console.plan_text import sql_section
from grammar import format_spec, parse_spec
from tests.support.expecting import acme

ACCOUNTS = "accord 1\naccounts { where Type = 'Customer' fields Name }\n"
QUIET = "contacts none\nopportunities none\n"


def plan_of(spec: str) -> Plan:
    return compile_spec(parse_spec(spec).tree, acme())


def extract(plan: Plan, name: str) -> Extract:
    return next(e for e in plan.extracts if e.id == name)


def table(plan: Plan, name: str) -> Table:
    return next(t for t in plan.tables if t.name == name)


def match_list(plan: Plan, name: str) -> str:
    return print_query(extract(plan, name).census).text


def columns(plan: Plan, name: str) -> list[str]:
    return [column.name for column in table(plan, name).columns]


def leaves(clause: Clause | None) -> list[str]:
    if clause is None:
        return []
    return [clause.soql] if not clause.children else [leaf for c in clause.children for leaf in leaves(c)]


def test_each_account_type_is_read_on_its_own():
    """A typed filter becomes one filter and one extract, in the order of writing."""
    spec = "accord 1\naccounts { prospect where Type = 'Prospect' customer where Type = 'Customer' }\n" + QUIET

    assert [f.id for f in plan_of(spec).filters if f.object == "Account"] == ["accounts.prospect", "accounts.customer"]


def test_a_single_filter_makes_customers():
    """`where` without types reads one list, that of the customers."""
    assert match_list(plan_of(ACCOUNTS + QUIET), "accounts.customer").endswith("WHERE Type = 'Customer'")


def test_names_come_out_in_the_letter_case_of_the_org():
    """However an author writes a field, the query has it as Salesforce does."""
    spec = "accord 1\naccounts { where TYPE = 'Customer' AND arr__C > 0 fields name }\n" + QUIET
    plan = plan_of(spec)

    assert match_list(plan, "accounts.customer").endswith("WHERE Type = 'Customer' AND ARR__c > 0")
    assert "Name" in columns(plan, "accounts")


def test_definitions_are_put_in_where_they_are_used():
    """The query has the condition of a definition, in parentheses where OR asks for them."""
    spec = (
        ACCOUNTS
        + QUIET
        + (
            "define fresh on Subscription__c where Status__c = 'Active' OR Start_Date__c = TODAY\n"
            "arr from sum(Amount__c) of Subscription__c via Account__c where fresh AND Seats__c > 3\n"
        )
    )

    assert match_list(plan_of(spec), "arr").endswith(
        "WHERE (Status__c = 'Active' OR Start_Date__c = TODAY) AND Seats__c > 3"
    )


def test_clauses_know_their_definition():
    """A filter is a tree of clauses, and the clause of a definition carries its name."""
    spec = (
        ACCOUNTS
        + QUIET
        + (
            "define paid on Subscription__c where Status__c = 'Active'\n"
            "arr from sum(Amount__c) of Subscription__c via Account__c where paid AND Seats__c > 3\n"
        )
    )
    clauses = next(f for f in plan_of(spec).filters if f.id == "arr").clauses

    assert clauses is not None
    assert leaves(clauses) == ["Status__c = 'Active'", "Seats__c > 3"]
    assert [child.definition for child in clauses.children] == ["paid", None]


def test_clauses_stand_where_they_were_written():
    """The place of each clause is that of its text in the spec."""
    spec = ACCOUNTS + QUIET
    clause = plan_of(spec).filters[0].clauses

    assert clause is not None
    assert spec[clause.span.start : clause.span.end] == "Type = 'Customer'"


def test_contacts_and_opportunities_come_without_a_word():
    """Both tables are there unless they are switched off."""
    assert {"contacts", "opportunities"} < {t.name for t in plan_of(ACCOUNTS).tables}
    assert not {"contacts", "opportunities"} & {t.name for t in plan_of(ACCOUNTS + QUIET).tables}


def test_a_label_names_the_table_and_the_metric():
    """The label `Open pipeline` becomes the column `open_pipeline`, with its currency beside it."""
    spec = ACCOUNTS + 'metric "Open pipeline" from sum(Amount) of Opportunity via AccountId\n'
    spec += 'object Contract as "Signed contracts" on account via AccountId { fields Status }\n'
    plan = plan_of(spec)

    assert {"open_pipeline", "open_pipeline_currency"} < set(columns(plan, "accounts"))
    assert columns(plan, "signed_contracts") == ["Id", "SystemModstamp", "Status", "account_id"]


def test_ids_and_stamps_always_come():
    """Whatever fields are chosen, the key and the stamp are there."""
    assert columns(plan_of(ACCOUNTS + QUIET), "accounts")[:3] == ["Id", "SystemModstamp", "Name"]


def test_a_field_with_a_label_carries_it():
    """`as "Stage"` is the display name; the column keeps the API name."""
    plan = plan_of(ACCOUNTS + 'opportunities { fields StageName as "Stage" }\n')

    assert [(c.name, c.label) for c in table(plan, "opportunities").columns][2] == ("StageName", "Stage")


def test_objects_on_contacts_hang_on_the_contacts_table():
    """Their parent is the table `contacts`, by `contact_id`."""
    plan = plan_of(ACCOUNTS + 'object Training__c as "Trainings" on contact via Contact__c\n')
    parent = table(plan, "trainings").parent

    assert parent is not None
    assert (parent.table, parent.column) == ("contacts", "contact_id")


def test_links_over_other_objects_are_read_with_every_match_list():
    """A path moves no stamp, so its value is asked for in every run."""
    plan = plan_of(ACCOUNTS + 'object Usage__c as "Usage" on account via Subscription__r.Account__c\n')

    assert "Subscription__r.Account__c" in match_list(plan, "usage")
    assert [c.path.text for c in extract(plan, "usage").columns if c.volatile] == ["Subscription__r.Account__c"]


def test_several_conditions_of_a_block_hold_together():
    """Two `where` lines are joined with AND."""
    plan = plan_of(ACCOUNTS + "contacts { where Email != null where LastName = 'x' OR LastName = 'y' }\n")

    assert match_list(plan, "contacts").endswith("WHERE Email != null AND (LastName = 'x' OR LastName = 'y')")


@pytest.mark.parametrize("policy", ["keep", "remove"])
def test_leaving_is_a_matter_of_the_accounts_and_their_records(policy: str):
    """What happens to accounts that leave happens to their records too."""
    spec = f"accord 1\naccounts {{ where Type = 'Customer' on leaving {policy} }}\n"

    assert {t.on_leaving for t in plan_of(spec).tables if t.kind == "record"} == {policy}


def test_guards_name_tables_and_columns():
    """A guard written by label watches the column that the label became."""
    spec = ACCOUNTS + 'metric "Open pipeline" from sum(Amount) of Opportunity via AccountId\n'
    spec += 'guards { accounts may leave at most 10%  "Open pipeline" may move at most 2.5% }\n'
    found = plan_of(spec).guards

    assert [(g.kind, g.subject, g.percent) for g in found] == [
        ("leave", "accounts", "10"),
        ("move", "open_pipeline", "2.5"),
    ]
    assert isinstance(found[0], Guard)


def test_without_a_schedule_a_run_is_nightly():
    """Every day at two, in the zone of the connected user."""
    assert plan_of(ACCOUNTS).schedule == Cadence("day", None, "02:00", None)


def test_a_schedule_is_kept_as_written():
    """Period, day, time and zone go into the plan."""
    spec = ACCOUNTS + 'schedule every week on sunday at 03:30 in "America/Los_Angeles"\n'

    assert plan_of(spec).schedule == Cadence("week", "sunday", "03:30", "America/Los_Angeles")


def test_the_same_spec_gives_the_same_plan():
    """Compiling has no state and no chance in it."""
    assert document_digest(plan_of(ACCOUNTS)) == document_digest(plan_of(ACCOUNTS))


def test_layout_and_comments_do_not_change_the_meaning():
    """Formatting moves places, so the document changes, and its meaning does not."""
    written = "accord 1\n\n# Who comes in.\naccounts { WHERE Type='Customer'\n fields Name }\n"
    plan, formatted = plan_of(written), plan_of(format_spec(parse_spec(written).tree))

    assert meaning_digest(plan) == meaning_digest(formatted) == meaning_digest(plan_of(ACCOUNTS))
    assert document_digest(plan) != document_digest(plan_of(ACCOUNTS))


def test_a_spec_with_errors_has_no_plan():
    """Compiling it is a mistake of the caller."""
    with pytest.raises(ValueError, match="no plan"):
        plan_of("accord 1\naccounts { where Typ = 'x' }\n")


def test_users_are_read_where_no_describe_tells_of_them():
    """A snapshot need not have the object User: every object has an Id and a stamp."""
    schema = build_schema([{"name": "Account", "fields": [{"name": "Name", "type": "string"}]}])
    plan = compile_spec(parse_spec("accord 1\naccounts { where Name != null }\n" + QUIET).tree, schema)

    assert print_query(extract(plan, "users").fetch).text == "SELECT Id, SystemModstamp FROM User"
    assert "SELECT" in sql_section(plan, ["users"])


@pytest.mark.parametrize("label", ["ARR", "Renewal", "Currencies", "Dated rates", "Owners", "Metric"])
def test_no_label_takes_the_id_of_another_read(label: str) -> None:
    """Each read has an id of its own, which DuckDB takes for no other, and the reads of before keep theirs."""
    numbers = (
        "arr from sum(Amount__c) of Subscription__c via Account__c\n"
        "renewal from max(End_Date__c) of Subscription__c via Account__c where Status__c = 'Active'\n"
        'metric "Owners" from count() of Contract via AccountId\n'
    )
    others = ACCOUNTS + QUIET + numbers
    plan = plan_of(others + f'object Training__c as "{label}" on account via Contact__r.AccountId\n')
    ids = [one.id for one in plan.extracts]

    assert len({one.lower() for one in ids}) == len(ids)
    assert {one.id for one in plan_of(others).extracts} < set(ids)
