"""One small example of each statement and each line of a block, for messages that say how it is written."""

from __future__ import annotations

STATEMENTS = {
    "accord": "accord 1",
    "accounts": "accounts { where Type = 'Customer' }",
    "owners": "owners { csm from CSM__c }",
    "arr": "arr from ARR__c",
    "renewal": "renewal from Renewal_Date__c",
    "metric": 'metric "Open pipeline" from sum(Amount) of Opportunity via AccountId',
    "define": "define open on Opportunity where IsClosed = false",
    "contacts": "contacts { where Email != null }",
    "opportunities": "opportunities { where IsClosed = false }",
    "object": 'object Contract as "Contracts" on account via AccountId',
    "cases": "cases { lookback 90 days }",
    "chatter": "chatter on accounts { every day at 06:00  lookback 30 days }",
    "schedule": 'schedule every day at 02:00 in "Europe/Berlin"',
    "guards": "guards { accounts may leave at most 10% }",
    "writeback": "writeback account { fields Industry }",
    "test": "test \"a customer comes in\" on 2026-01-15 { given Account { Id: 'a' } expect account 'a' absent }",
}
AGGREGATE = "sum(Amount) of Opportunity via AccountId"
COMPARISON = "Type = 'Customer'"
OWNER = "csm from CSM__c else OwnerId"
ITEMS = {
    "where": "where Type = 'Customer'",
    "customer": "customer where Type = 'Customer'",
    "prospect": "prospect where Type = 'Prospect'",
    "partner": "partner where Type = 'Partner'",
    "fields": 'fields Name, Industry as "Sector"',
    "also": 'also LinkedIn__c as "LinkedIn"',
    "except": "except Fax, Jigsaw",
    "on": "on leaving keep",
    "skip": "skip inactive users",
    "lookback": "lookback 90 days",
    "conversation": "conversation email_messages",
    "sentiment": "sentiment on",
    "every": "every day at 06:00",
    "conflicts": "conflicts hold",
    "leave": "accounts may leave at most 10%",
    "move": "arr may move at most 25%",
    "filled": "csm filled on at least 90% of customers",
    "given": "given Account { Id: 'a', Type: 'Customer' }",
    "expect": "expect account 'a' { type: customer, arr: 0 }",
}
