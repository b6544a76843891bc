"""What Acme sells and does: opportunities, subscriptions, contracts, trainings, invoices, cases, posts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from specs.acme import words
from specs.acme.maker import NOW, TODAY, Maker, moment, stamp
from specs.acme.people import living_accounts, queues, team
from specs.acme.schema import COURSES, OPEN_STAGES
from specs.org_folder import Row

_CENT = Decimal("0.01")


def make_opportunities(maker: Maker) -> None:
    """Deals of accounts of all types, a few without an account or an amount."""
    accounts = living_accounts(maker)
    for number in range(3000):
        account = maker.pick(accounts) if maker.chance(0.98) else None
        stage = maker.pick((*OPEN_STAGES, "Closed Won", "Closed Won", "Closed Lost", "Closed Lost"))
        closed, won = stage.startswith("Closed"), stage == "Closed Won"
        close = maker.day(-1200, 0) if closed else maker.day(-40, 300)
        maker.add(
            "Opportunity",
            maker.between(moment(account["CreatedDate"]) if account else NOW.replace(year=2023), NOW),
            AccountId=account["Id"] if account else None,
            Name=f"{account['Name'] if account else 'Unknown'} #{number}"[:120],
            Description=words.maybe_text(maker.random, 0.04),
            StageName=stage,
            Amount=words.amount(maker.random, 500, 250_000) if maker.chance(0.93) else None,
            Probability=100 if won else 0 if closed else maker.pick((10, 25, 50, 75)),
            CloseDate=close.isoformat(),
            NextStep=words.maybe_text(maker.random, 0.05),
            IsClosed=closed,
            IsWon=won,
            OwnerId=account["OwnerId"] if account else maker.pick(team(maker, "Sales")),
            FiscalQuarter=(close.month + 2) // 3,
            FiscalYear=close.year,
            Discount__c=words.amount(maker.random, 0, 5000) if maker.chance(0.1) else None,
        )
    for row in maker.rows["Opportunity"][-60::5]:
        row["IsDeleted"] = True


def make_subscriptions(maker: Maker) -> None:
    """Subscriptions; some of no account, some without amount or end date, some 'Active' though they ended."""
    buyers = [row for row in living_accounts(maker) if row["Type"] in ("Customer", "customer")]
    former = [row for row in living_accounts(maker) if row["Type"] in ("Former Customer", None, "Prospect")]
    for number in range(1, 2801):
        account = None if maker.chance(0.015) else maker.pick(buyers if maker.chance(0.88) else former)
        status = maker.pick(("Active", "Active", "Active", "Expired", "Expired", "Cancelled", "Draft"))
        if account and account["Type"] == "Former Customer":
            status = "Expired"
        low, high = (-900, -1) if status == "Expired" or maker.chance(0.08) else (0, 700)
        end = TODAY + timedelta(days=maker.pick((0, -1, 1))) if maker.chance(0.01) else maker.day(low, high)
        price = words.amount(maker.random, 600, 90_000) if maker.chance(0.96) else None
        maker.add(
            "Subscription__c",
            min(maker.past(1700), NOW - timedelta(days=1)),
            Name=f"SUB-{number:05d}",
            OwnerId=_owner(maker, "Sales", queue_share=0.05),
            Account__c=account["Id"] if account else None,
            Amount__c=price,
            Status__c=None if maker.chance(0.01) else status,
            Plan__c=maker.pick(("starter", "team", "team", "business", "legacy", "gold", None)),
            Start_Date__c=(end - timedelta(days=365)).isoformat(),
            End_Date__c=None if maker.chance(0.01) else end.isoformat(),
            Seats__c=maker.random.randrange(5, 900),
            Monthly__c=str((Decimal(price) / 12).quantize(_CENT, ROUND_HALF_UP)) if price else None,
        )
    for row in maker.rows["Subscription__c"][-50::5]:
        row["IsDeleted"] = True


def finish_accounts(maker: Maker) -> None:
    """ARR and renewal date as finance keeps them by hand: right for most customers, stale for some."""
    running: dict[object, list[Row]] = {}
    for row in maker.rows["Subscription__c"]:
        if row["Status__c"] == "Active" and str(row["End_Date__c"] or "") >= TODAY.isoformat() and not row["IsDeleted"]:
            running.setdefault(row["Account__c"], []).append(row)
    for account in maker.rows["Account"]:
        mine = running.get(account["Id"], [])
        customer = account["Type"] in ("Customer", "customer")
        total = sum((Decimal(str(row["Amount__c"] or 0)) for row in mine), Decimal())
        if mine and maker.chance(0.85):
            account["ARR__c"] = str(total)
            account["Renewal_Date__c"] = min(str(row["End_Date__c"]) for row in mine)
        elif customer:
            account["ARR__c"] = maker.pick((None, 0, words.amount(maker.random, 500, 90_000)))
            account["Renewal_Date__c"] = maker.day(-60, 500).isoformat() if maker.chance(0.5) else None
        if account["Renewal_Date__c"]:
            account["Days_to_Renewal__c"] = (date.fromisoformat(str(account["Renewal_Date__c"])) - TODAY).days


def make_contracts(maker: Maker) -> None:
    """Contracts, signed or not."""
    buyers = [row for row in living_accounts(maker) if row["Type"] not in ("Prospect", None)]
    signers = {row["AccountId"]: row["Id"] for row in maker.rows["Contact"] if not row["IsDeleted"]}
    for number in range(1, 701):
        account = maker.pick(buyers)
        status = maker.pick(("Activated", "Activated", "Activated", "Draft", "In Approval"))
        start = maker.day(-1000, 60)
        maker.add(
            "Contract",
            maker.between(moment(account["CreatedDate"]), NOW),
            AccountId=account["Id"],
            OwnerId=account["OwnerId"],
            StartDate=start.isoformat(),
            EndDate=(start + timedelta(days=730)).isoformat(),
            ContractTerm=24,
            Status=status,
            StatusCode="InApproval" if status == "In Approval" else status,
            CustomerSignedId=signers.get(account["Id"]) if status == "Activated" else None,
            SpecialTerms=words.maybe_text(maker.random, 0.05),
            ContractNumber=f"{number:08d}",
            Notes__c=words.maybe_text(maker.random, 0.15),
        )


def make_trainings(maker: Maker) -> None:
    """Courses of contacts, some of a contact without an account, some not finished."""
    contacts = [row for row in maker.rows["Contact"] if not row["IsDeleted"]]
    for number in range(1, 1201):
        done = maker.chance(0.8)
        score = f"{maker.random.uniform(20, 100):.{maker.pick((0, 2, 3))}f}" if done else None
        maker.add(
            "Training__c",
            maker.past(900),
            Name=f"T-{number:06d}",
            OwnerId=_owner(maker, "Onboarding", queue_share=0.03),
            Contact__c=maker.pick(contacts)["Id"] if maker.chance(0.98) else None,
            Course__c=maker.pick(COURSES),
            Completed_On__c=maker.day(-900, -1).isoformat() if done else None,
            Score__c=score,
            Passed__c=score is not None and float(score) >= 60,
            Feedback__c=words.maybe_text(maker.random, 0.2),
        )


def make_usage(maker: Maker) -> None:
    """Active users of a subscription, month by month."""
    subscriptions = [row for row in maker.rows["Subscription__c"] if not row["IsDeleted"]]
    for number in range(1, 401):
        maker.add(
            "Usage__c",
            maker.past(360),
            Name=f"U-{number:06d}",
            OwnerId=_owner(maker, "Success", queue_share=0.0),
            Subscription__c=maker.pick(subscriptions)["Id"],
            Month__c=maker.day(-360, -20).replace(day=1).isoformat(),
            Active_Users__c=maker.random.randrange(0, 900),
        )


def make_invoices(maker: Maker) -> None:
    """Invoices that the billing system brought in: they know the customer's number, not the account."""
    numbers = [str(row["AccountNumber"]) for row in living_accounts(maker) if row["AccountNumber"]]
    for number in range(1, 601):
        known = maker.pick(numbers) if maker.chance(0.95) else f"X{number}"
        maker.add(
            "Invoice__c",
            maker.past(400),
            Name=f"INV-{number:05d}",
            OwnerId=_owner(maker, "Sales", queue_share=0.1),
            Customer_Number__c=known.lower() if maker.chance(0.2) else known,
            Amount__c=words.amount(maker.random, 50, 20_000),
            Invoice_Date__c=maker.day(-400, 0).isoformat(),
            Paid__c=maker.chance(0.8),
        )


def make_surveys(maker: Maker) -> None:
    """Answers of a survey tool that keeps a contact's Id as text: 15 characters, or 18, or wrong."""
    contacts = maker.rows["Contact"]
    for number in range(1, 301):
        key = str(maker.pick(contacts)["Id"])
        answered = maker.past(500)
        maker.add(
            "Survey_Response__c",
            answered,
            Name=f"R-{number:05d}",
            OwnerId=_owner(maker, "Support", queue_share=0.2),
            Contact_Ref__c=maker.pick((key, key[:15], key[:15], key, None, "unknown")),
            Score__c=maker.random.randint(0, 10),
            Comment__c=words.maybe_text(maker.random, 0.5),
            Answered_At__c=stamp(answered),
        )


def _owner(maker: Maker, department: str, *, queue_share: float) -> str:
    return maker.pick(queues(maker) if maker.chance(queue_share) else team(maker, department))
