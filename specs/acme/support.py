"""Cases with their conversations, and Chatter."""

from __future__ import annotations

from datetime import datetime, timedelta

from specs.acme import words
from specs.acme.maker import NOW, Maker, moment, stamp
from specs.acme.people import living_accounts, queues, team
from specs.acme.schema import PRODUCTS
from specs.org_folder import Row

_ORIGINS = ("Email", "Email", "Web", "Phone", "Internal", None)


def make_cases(maker: Maker) -> None:
    """Cases: some know only their contact, some nobody; a third belongs to a queue."""
    contacts = [row for row in maker.rows["Contact"] if not row["IsDeleted"]]
    for number in range(1, 851):
        contact = maker.pick(contacts)
        known = maker.random.random()  # below 0.15 the contact only, from 0.95 on nobody
        created = maker.past(maker.pick((20, 85, 85, 400)))
        age = NOW - created
        closed = maker.chance(0.75 if age > timedelta(days=30) else 0.3)
        case = maker.add(
            "Case",
            created,
            CaseNumber=f"{number:08d}",
            ContactId=contact["Id"] if known < 0.95 else None,
            AccountId=contact["AccountId"] if 0.15 <= known < 0.95 else None,
            SuppliedEmail=contact["Email"],
            Type=maker.pick(("Problem", "Question", "Feature Request", None)),
            Status="Closed" if closed else maker.pick(("New", "Working", "Escalated")),
            Reason=maker.pick(("Installation", "Performance", None)),
            Origin=maker.pick(_ORIGINS),
            Subject=maker.pick(words.SUBJECTS),
            Priority=maker.pick(("High", "Medium", "Low")),
            Description=words.maybe_text(maker.random, 0.5),
            IsClosed=closed,
            ClosedDate=stamp(maker.between(created, NOW)) if closed else None,
            IsEscalated=maker.chance(0.05),
            OwnerId=maker.pick(queues(maker) if maker.chance(0.35) else team(maker, "Support")),
            Product__c=maker.pick((*PRODUCTS, None)),
            Severity__c=maker.pick(("S1", "S2", "S3", None)),
        )
        _comments(maker, case)
        _emails(maker, case, contact)


def _comments(maker: Maker, case: Row) -> None:
    for _ in range(maker.pick((0, 0, 0, 1, 2))):
        maker.add(
            "CaseComment",
            maker.between(moment(case["CreatedDate"]), NOW),
            ParentId=case["Id"],
            IsPublished=maker.chance(0.7),
            CommentBody=maker.pick(words.TEXTS),
        )


def _emails(maker: Maker, case: Row, contact: Row) -> None:
    customer, desk = str(contact["Email"] or "someone@mail.example"), "support@acme.example"
    sent = moment(case["CreatedDate"])
    for turn in range(maker.pick((0, 0, 0, 0, 1, 3))):
        sent = maker.between(sent, min(NOW, sent + timedelta(days=3)))
        incoming = turn % 2 == 0
        text = maker.pick(words.TEXTS)
        maker.add(
            "EmailMessage",
            sent,
            ParentId=case["Id"],
            TextBody=text if maker.chance(0.8) else None,
            HtmlBody=_html(text) if maker.chance(0.2) else None,
            Subject=f"Re: {case['Subject']}",
            FromName=contact["Name"] if incoming else "Acme Support",
            FromAddress=customer if incoming else desk,
            ToAddress=desk if incoming else customer,
            Incoming=incoming,
            Status="1" if incoming else "3",
            MessageDate=stamp(sent),
        )


def _html(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")
    return f"<html><body><p>{escaped}</p></body></html>"


def make_posts(maker: Maker) -> None:
    """Posts and comments on accounts, opportunities and cases; tracked changes are among them."""
    deals = [row for row in maker.rows["Opportunity"] if not row["IsDeleted"]]
    parents = (living_accounts(maker), deals, maker.rows["Case"])
    for _ in range(400):
        parent = maker.pick(parents[maker.pick((0, 0, 0, 1, 1, 2))])
        created = max(maker.past(maker.pick((25, 25, 300))), moment(parent["CreatedDate"]))
        kind = maker.pick(("TextPost", "TextPost", "TextPost", "LinkPost", "TrackedChange"))
        post = maker.add(
            "FeedItem",
            created,
            ParentId=parent["Id"],
            Type=kind,
            Body=None if kind == "TrackedChange" else maker.pick(words.TEXTS),
            Title="Release notes" if kind == "LinkPost" else None,
            LinkUrl="https://acme.example/releases" if kind == "LinkPost" else None,
            LikeCount=maker.random.randrange(0, 5),
        )
        post["CommentCount"] = 0 if kind == "TrackedChange" else _replies(maker, post, created)


def _replies(maker: Maker, post: Row, created: datetime) -> int:
    replies = maker.pick((0, 0, 1, 1, 3))
    for _ in range(replies):
        values = {"FeedItemId": post["Id"], "ParentId": post["ParentId"], "CommentType": "TextComment"}
        maker.add("FeedComment", maker.between(created, NOW), **values, CommentBody=maker.pick(words.TEXTS))
    return replies
