"""Users, queues, accounts with their teams, contacts."""

from __future__ import annotations

from datetime import date
from itertools import count

from specs.acme import words
from specs.acme.maker import NOW, TODAY, Maker, moment, stamp
from specs.acme.schema import INDUSTRIES, INTERESTS, RECORD_TYPES
from specs.org_folder import Row

_TEAMS = {"Success": 14, "Technical accounts": 8, "Onboarding": 6, "Sales": 20, "Support": 11}
_QUEUES = ("Support L1", "Support L2", "Renewals", "Unassigned")
_SHARES = {
    "Customer": 760,
    "Prospect": 540,
    "Former Customer": 170,
    "Technology Partner": 120,
    None: 120,
    "Other": 130,
    "Channel Partner / Reseller": 90,
    "Installation Partner": 40,
    "customer": 8,
    "PROSPECT": 5,
}


def make_users(maker: Maker) -> None:
    """The integration user, then the teams. About one user in seven has left."""
    users = [("Integration", "Accord", "Systems")]
    users += [("", "", team) for team, size in _TEAMS.items() for _ in range(size)]
    for number, (first, last, team) in enumerate(users):
        first_name = first or maker.pick(words.FIRST_NAMES)
        last_name = last or maker.pick(words.LAST_NAMES)
        maker.add(
            "User",
            maker.between(NOW.replace(year=2021), NOW.replace(year=2023)),
            Username=f"user{number:02d}@acme.example",
            Email=f"user{number:02d}@acme.example",
            FirstName=first_name,
            LastName=last_name,
            Name=f"{first_name} {last_name}",
            Department=team,
            Alias=f"u{number:02d}",
            IsActive=number == 0 or number % 7 != 0,
            TimeZoneSidKey="Europe/Berlin",
            LocaleSidKey="en_US" if number == 0 else "de_DE",
            LanguageLocaleKey="en_US",
            UserType="Standard",
            ManagerId=None if number < 2 else str(maker.rows["User"][1]["Id"]),
            LastLoginDate=stamp(maker.past(60)) if number % 7 else None,
        )


def make_settings(maker: Maker) -> None:
    """The organization itself, its queues and its record types."""
    start = NOW.replace(year=2021)
    maker.add(
        "Organization", start, Name="Acme Software", Country="DE", DefaultLocaleSidKey="de_DE",
        LanguageLocaleKey="en_US", TimeZoneSidKey="Europe/Berlin", FiscalYearStartMonth=1,
        OrganizationType="Enterprise Edition", InstanceName="DEU42",
    )  # fmt: skip
    for name in _QUEUES:
        maker.add("Group", start, Name=name, DeveloperName=name.replace(" ", "_"), Type="Queue")
    maker.add("Group", start, Name="All success managers", DeveloperName="All_success", Type="Regular")
    for developer_name, label in RECORD_TYPES.items():
        values = {"Name": label, "DeveloperName": developer_name, "SobjectType": "Account"}
        maker.add("RecordType", start, **values, IsActive=developer_name != "Internal_Account")


def team(maker: Maker, department: str) -> list[str]:
    """The Ids of a team's users."""
    return [str(user["Id"]) for user in maker.rows["User"] if user["Department"] == department]


def queues(maker: Maker) -> list[str]:
    """The Ids of the queues."""
    return [str(group["Id"]) for group in maker.rows["Group"] if group["Type"] == "Queue"]


def make_accounts(maker: Maker) -> None:
    """Accounts of all types in mixed order; ARR and renewal date come later, from the subscriptions."""
    types = [kind for kind, share in _SHARES.items() for _ in range(share)]
    maker.random.shuffle(types)
    for number, kind in enumerate(types):
        row = _account(maker, number, kind)
        if number > 50 and maker.chance(0.12):
            row["ParentId"] = maker.pick(maker.rows["Account"][:number])["Id"]
    _share_numbers(maker)
    _delete_and_merge(maker)


def _account(maker: Maker, number: int, kind: str | None) -> Row:
    random = maker.random
    customer = kind in ("Customer", "customer")
    city, country = maker.pick(words.CITIES)
    health = f"{random.uniform(0, 100):.{maker.pick((0, 1, 2, 4))}f}" if customer and maker.chance(0.9) else None
    return maker.add(
        "Account",
        maker.between(NOW.replace(year=2021), NOW),
        Name=words.company(random, number),
        Type=kind,
        RecordTypeId=_record_type(maker, kind),
        BillingStreet=f"{maker.pick(words.LAST_NAMES)} St {random.randint(1, 200)}"
        + maker.pick(("", "", "\r\nBuilding 2")),
        BillingCity=city,
        BillingPostalCode=f"{random.randrange(10**5):05d}",
        BillingCountry=country,
        Phone=f"+49 {random.randrange(10**8):08d}",
        AccountNumber=maker.pick((f"{number:07d}", f"AC-{number:05d}", None)),
        Website=words.website(random, number),
        Industry=maker.pick((*INDUSTRIES, None)),
        AnnualRevenue=random.randrange(1, 900) * 100_000 if maker.chance(0.5) else None,
        NumberOfEmployees=random.randrange(1, 20_000) if maker.chance(0.7) else None,
        Description=words.maybe_text(random, 0.25),
        Rating=maker.pick(("Hot", "Warm", "Cold", None)),
        OwnerId=maker.pick(team(maker, "Sales")),
        LastActivityDate=_day(maker.day(-200, -1)) if maker.chance(0.5) else None,
        LastViewedDate=stamp(maker.past(20)) if maker.chance(0.1) else None,
        CSM__c=maker.pick(team(maker, "Success")) if customer and maker.chance(0.87) else None,
        TAM__c=maker.pick(team(maker, "Technical accounts")) if customer and maker.chance(0.4) else None,
        Onboarding_Lead__c=maker.pick(team(maker, "Onboarding")) if maker.chance(0.25) else None,
        Health__c=health,
        Health_Band__c=_band(health),
        Seats__c=random.randrange(5, 5000) if customer else None,
        Interested_In__c=_interests(maker) if maker.chance(0.2) else None,
        Billing_Reference__c=words.digits(random),
        Tax_Number__c=f"DE{random.randrange(10**9):09d}" if maker.chance(0.3) else None,
        Is_Strategic__c=customer and maker.chance(0.08),
        Success_Plan__c=words.maybe_text(random, 0.3 if customer else 0.02),
    )


def _record_type(maker: Maker, kind: str | None) -> str:
    business, partner, internal = (str(row["Id"]) for row in maker.rows["RecordType"])
    if kind and "Partner" in kind:
        return partner if maker.chance(0.8) else business
    if kind == "Other" and maker.chance(0.2):
        return internal
    return partner if maker.chance(0.04) else business


def _band(health: str | None) -> str:
    score = float(health or 0)
    return "Green" if score >= 70 else "Amber" if score >= 40 else "Red"


def _interests(maker: Maker) -> str:
    chosen = set(maker.random.sample(INTERESTS, maker.random.randint(1, 3)))
    return ";".join(interest for interest in INTERESTS if interest in chosen)


def _share_numbers(maker: Maker) -> None:
    """A few accounts share a customer number: what matches it belongs to none of them."""
    numbered = [row for row in maker.rows["Account"] if row["AccountNumber"]]
    for first, second in zip(numbered[100:112:2], numbered[101:112:2], strict=True):
        second["AccountNumber"] = first["AccountNumber"]


def _delete_and_merge(maker: Maker) -> None:
    """A few accounts lie in the recycle bin, three of them as losers of a merge."""
    for number, loser in enumerate(maker.rows["Account"][-30::4]):
        loser |= {"IsDeleted": True, "ParentId": None}
        if number < 3:
            loser["MasterRecordId"] = maker.rows["Account"][number]["Id"]
    dead = {row["Id"] for row in maker.rows["Account"] if row["IsDeleted"]}
    for row in maker.rows["Account"]:
        row["ParentId"] = None if row["ParentId"] in dead else row["ParentId"]


def living_accounts(maker: Maker) -> list[Row]:
    """The accounts that are not in the recycle bin."""
    return [row for row in maker.rows["Account"] if not row["IsDeleted"]]


def make_teams(maker: Maker) -> None:
    """Account teams: most customers without an active CSM of their own have one there, a few have two."""
    active = {row["Id"] for row in maker.rows["User"] if row["IsActive"]}
    csms = team(maker, "Success")
    for account in living_accounts(maker):
        if account["Type"] not in ("Customer", "customer"):
            continue
        born = moment(account["CreatedDate"])
        likely = 0.15 if account["CSM__c"] in active else 0.8
        for share, role in ((likely, "CSM"), (likely / 8, "CSM"), (0.1, "Sales Engineer")):
            if maker.chance(share):
                values = {"AccountId": account["Id"], "UserId": maker.pick(csms), "TeamMemberRole": role}
                maker.add("AccountTeamMember", maker.between(born, NOW), **values)


def make_contacts(maker: Maker) -> None:
    """Contacts; some without an account, some that share an e-mail address, some that report to another."""
    accounts = living_accounts(maker)
    numbers = count(1)
    for number in range(4000):
        account = maker.pick(accounts) if maker.chance(0.95) else None
        previous = maker.rows["Contact"][-1] if number % 9 == 8 else None
        if previous:
            account = next((row for row in accounts if row["Id"] == previous["AccountId"]), None)
        _contact(maker, next(numbers), account, previous)
    for loser in maker.rows["Contact"][-40::8]:
        loser |= {"IsDeleted": True, "MasterRecordId": maker.rows["Contact"][0]["Id"]}


def _contact(maker: Maker, number: int, account: Row | None, boss: Row | None) -> None:
    first = maker.pick((*words.FIRST_NAMES, None))
    last = maker.pick(words.LAST_NAMES)
    email = f"contact{number}@{maker.pick(('mail', 'firma', 'corp'))}.example"
    maker.add(
        "Contact",
        maker.between(moment(account["CreatedDate"]) if account else NOW.replace(year=2022), NOW),
        AccountId=account["Id"] if account else None,
        FirstName=first,
        LastName=last,
        Name=f"{first} {last}" if first else last,
        Phone=f"+44 {maker.random.randrange(10**9):09d}" if maker.chance(0.5) else None,
        MobilePhone=f"0{maker.random.randrange(10**9):09d}" if maker.chance(0.2) else None,
        ReportsToId=boss["Id"] if boss else None,
        Email=maker.pick((email, email, email, email.title(), None, "info@shared.example")),
        Title=maker.pick(words.TITLES),
        Department=maker.pick(words.DEPARTMENTS),
        Birthdate=_day(date(1955, 1, 1) + (maker.day(0, 16_000) - TODAY)) if maker.chance(0.2) else None,
        OwnerId=account["OwnerId"] if account else maker.pick(team(maker, "Sales")),
        LinkedIn__c=f"https://www.linkedin.com/in/acme-{number}" if maker.chance(0.3) else None,
        Left_Company__c=maker.chance(0.06),
    )


def _day(day: date) -> str:
    return day.isoformat()
