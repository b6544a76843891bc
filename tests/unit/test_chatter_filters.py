"""The `where` of chatter is a filter on feed items, checked as others are."""

from __future__ import annotations

from compiler import build_schema
from tests.support.expecting import expect

POSTS = {
    "name": "FeedItem",
    "fields": [{"name": "Type", "type": "picklist"}, {"name": "Body", "type": "textarea", "filterable": False}],
}
ACCOUNT = {"name": "Account", "fields": [{"name": "Type", "type": "string"}]}
SPEC = """accord 1
accounts {{ where Type = 'a' }}
chatter on accounts {{ every day at 06:00  lookback 9 days  where {} }}
"""


def test_a_misspelt_field_is_named():
    """The names of a filter on posts are looked up on FeedItem."""
    expect(SPEC.format("Typ = 'TextPost'"), build_schema([ACCOUNT, POSTS])).error("E0202").underlines("Typ")


def test_what_cannot_be_filtered_is_refused():
    """The text of a post is not filterable."""
    expect(SPEC.format("Body LIKE '%x%'"), build_schema([ACCOUNT, POSTS])).error("E0401").underlines("Body")


def test_a_snapshot_without_posts_is_noted():
    """Without FeedItem in the snapshot nothing can be said of the filter, and that is said."""
    expect(SPEC.format("Type = 'TextPost'"), build_schema([ACCOUNT])).note("N0401").underlines("Type = 'TextPost'")
