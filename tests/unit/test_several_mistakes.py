from __future__ import annotations

import pytest

from compiler import check_spec
from grammar import parse_spec
from tests.support.expecting import acme, marked

SPECS = {
    "field, quotes, type, owner, brace": """\
accord 1
accounts [[E0102 {]]
  customer where [[E0202 Typ]] = 'Customer'
  prospect where Name = [[E0108 "Prospect"]]
  partner  where ARR__c > [[E0305 '10']]

owners { csm from [[E0301 Name]] }
""",
    "object, field, choice, comma, brace": """\
accord 1
accounts { where Type = 'Customer' }
arr from sum(Amount__c) of [[E0201 Subscripton__c]] via Account__c
renewal from [[E0202 Renewal_Dat__c]]
cases [[E0102 {]]
  lookback 90 days
  conversation [[E0122 emails]]
  fields Subject, Status [[E0110 Priority]]

guards { accounts may leave at most 10% }
""",
    "statement, guards, percent, name, brace": """\
accord 1
accounts { where Type = 'Customer' }
[[E0105 renewel]] from Renewal_Date__c
metric [[E0101 Pipeline]] from sum(Amount) of Opportunity via AccountId
guards {
  accounts may leave [[E0101 most]] 10%
  arr may move at most [[E0101 25]]
}
test "x" on 2026-01-15 {
  given Account [[E0102 {]] Id: 'a', Type: 'Customer'
  expect account 'a' { type: customer }
}
""",
    "test with four mistakes, link, brace": """\
accord 1
accounts { where Type = 'Customer' }
test "x" on [[E0119 2026-02-30]] {
  given Account { Id: 'a' [[E0110 Type]]: 'Customer' }
  given [[E0101 {]] Id: 'b' }
  expect account 'a' { type: [[E0108 "customer"]] }
}
object Training__c as "Trainings" on account via [[E0304 Contact__c]]
contacts [[E0102 {]] where Email != null
""",
    "and beside or, bare not, foreign, value, parenthesis": """\
accord 1
accounts {
  customer where Type = 'Customer' AND ARR__c > 0 [[E0106 OR]] Name = 'x'
  prospect where Type = 'Prospect' AND [[E0107 NOT]] Name = 'x'
  partner  where Name [[E0109 ==]] 'Partner'
}
contacts { where [[E0103 (]]Email != null AND LastName = 'x' }
opportunities { where StageName = [[E0118 Open]] }
""",
    "quote, number, date, escape, stray brace": """\
accord 1
accounts {
  customer where Name = [[E0104 ']]Customer
  prospect where ARR__c > [[E0113 1,000]]
  partner  where Renewal_Date__c > [[E0119 2026-13-01]]
  except Fax
}
contacts { where LastName = 'a[[E0111 \\q]]b' }
[[E0112 }]]
""",
    "chatter, schedule, writeback, definition, duplicate": """\
accord 1
accounts { where Type = 'Customer' AND [[E0204 activ]] }
chatter [[E0101 {]] every day at 06:00  lookback 30 days }
schedule every day at 02:00 in [[E0210 "Berlin"]]
writeback account { fields [[E0512 OwnerId]] }
renewal from Renewal_Date__c
[[E0502 renewal]] none
contacts [[E0102 {]] where Email != null
""",
    "owners: kind, word, source, object, brace": """\
accord 1
accounts { where Type = 'Customer' }
owners [[E0102 {]]
  [[E0207 cms]] from CSM__c
  account_owner from OwnerId [[E0101 els]] CSM__c
  csm from UserId of [[E0201 AccountTeamMembers]] via AccountId
  sales_rep from OwnerId
  [[E0502 sales_rep]] from CSM__c

arr from ARR__c
""",
    "pasted queries, variable, list, date literal": """\
accord 1
accounts {
  customer where [[E0117 SELECT Id FROM Account WHERE]] Type = 'Customer'
  prospect where Type = [[E0116 :kind]]
  partner  where Type IN [[E0115 ()]]
}
contacts { where CreatedDate = [[E0120 LAST_N_DAYS]] }
opportunities [[E0102 {]] where IsWon = true
guards { accounts may leave at most [[E0125 110%]] }
""",
}


@pytest.mark.parametrize("name", SPECS)
def test_each_mistake_is_reported_once_at_its_place(name: str):
    """Different mistakes in one spec are all reported in one go, exactly where they are, with nothing in their wake."""
    text, places = marked(SPECS[name])
    parsed = parse_spec(text)
    found = [*parsed.diagnostics, *check_spec(parsed.tree, acme()).diagnostics]
    seen = [(d.code, text[d.span.start : d.span.end], d.span) for d in sorted(found, key=lambda d: d.span)]

    assert seen == [(code, text[span.start : span.end], span) for code, span in places]
    assert len(places) >= 5


@pytest.mark.parametrize("name", SPECS)
def test_each_mistake_comes_with_a_way_out(name: str):
    """Whatever is reported has a help that says what to do."""
    text, _ = marked(SPECS[name])
    parsed = parse_spec(text)

    assert all(d.help for d in (*parsed.diagnostics, *check_spec(parsed.tree, acme()).diagnostics))
