"""The objects of the Acme org: public describes, cut down, and Acme's own fields and objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specs.describes import (
    Describe,
    FieldDescribe,
    connect,
    make_field,
    make_object,
    picklist,
    picklist_values,
    public_relationships,
    read_public,
    reference,
    system_fields,
)
from specs.record_ids import record_id

ACCOUNT_TYPES = (
    *("Prospect", "Customer", "Former Customer", "Technology Partner", "Installation Partner"),
    *("Channel Partner / Reseller", "Other", "-Customer - Direct"),
)
INDUSTRIES = (
    *("Banking", "Biotechnology", "Education", "Energy", "Healthcare", "Insurance", "Manufacturing"),
    *("Retail", "Technology", "Telecommunications", "Transportation", "Utilities"),
)
INTERESTS = ("Analytics", "Automation", "Data Cloud", "Mobile", "Support Plus")
PLANS = ("starter=Starter", "team=Team", "business=Business", "-legacy=Legacy (2019)")
COURSES = ("Administrator", "Analyst", "Developer", "Getting started")
PRODUCTS = ("Acme Core", "Acme Analytics", "Acme Mobile")
SEVERITIES = ("S1=1 - Down", "S2=2 - Impaired", "S3=3 - Question")
OPEN_STAGES = ("Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review")
RECORD_TYPES = {
    "Business_Account": "Business account",
    "Partner_Account": "Partner account",
    "Internal_Account": "Internal account",
}
STAGES = (*OPEN_STAGES, "Closed Won", "Closed Lost")

# The standard objects, and of each the fields that Acme uses, as public describes have them.
_AUDIT = "CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp"
_KEPT = {
    "Account": f"""
        Id IsDeleted MasterRecordId Name Type RecordTypeId ParentId BillingStreet BillingCity BillingState
        BillingPostalCode BillingCountry BillingAddress Phone Fax AccountNumber Website Industry AnnualRevenue
        NumberOfEmployees Description Rating OwnerId {_AUDIT} LastActivityDate LastViewedDate
        LastReferencedDate Jigsaw AccountSource""",
    "Contact": f"""
        Id IsDeleted MasterRecordId AccountId LastName FirstName Name
        Phone MobilePhone HomePhone ReportsToId Email Title Department Birthdate
        OwnerId {_AUDIT}""",
    "Opportunity": f"""
        Id IsDeleted AccountId Name Description StageName Amount Probability CloseDate NextStep IsClosed IsWon
        OwnerId {_AUDIT} FiscalQuarter FiscalYear""",
    "Case": f"""
        Id IsDeleted CaseNumber ContactId AccountId ParentId SuppliedEmail Type Status Reason Origin Subject
        Priority Description IsClosed ClosedDate IsEscalated OwnerId {_AUDIT}""",
    "User": f"""
        Id Username LastName FirstName Name Department Title Email Alias IsActive TimeZoneSidKey
        LocaleSidKey LanguageLocaleKey UserType ManagerId LastLoginDate {_AUDIT}""",
    "Group": f"Id Name DeveloperName Type Email DoesSendEmailToMembers {_AUDIT}",
    "RecordType": f"Id Name DeveloperName Description SobjectType IsActive {_AUDIT}",
    "Contract": f"""
        Id IsDeleted AccountId OwnerId StartDate EndDate ContractTerm Status StatusCode CustomerSignedId
        CustomerSignedDate SpecialTerms ContractNumber {_AUDIT}""",
    "CaseComment": f"Id IsDeleted ParentId IsPublished CommentBody {_AUDIT}",
    "EmailMessage": f"""
        Id IsDeleted ParentId TextBody HtmlBody Subject FromName FromAddress ToAddress CcAddress Incoming
        HasAttachment Status MessageDate {_AUDIT}""",
    "FeedItem": """
        Id IsDeleted ParentId Type CreatedById CreatedDate LastModifiedDate SystemModstamp Title Body LinkUrl
        IsRichText CommentCount LikeCount""",
    "FeedComment": """
        Id IsDeleted FeedItemId ParentId CommentBody CreatedById CreatedDate SystemModstamp CommentType
        IsRichText""",
}
_PREFIXES = ("001", "003", "006", "500", "005", "00G", "012", "800", "00a", "02s", "0D5", "0D7")
_KEY_PREFIXES = dict(zip(_KEPT, _PREFIXES, strict=True))
_PLURALS = {"Opportunity": "Opportunities"}
_LABELS = {"CaseComment": "Case Comment", "EmailMessage": "Email Message", "FeedItem": "Feed Item"}
_LABELS |= {"FeedComment": "Feed Comment", "RecordType": "Record Type"}

_FEED_PARENTS = ["Account", "Case", "Contact", "Contract", "Opportunity"]

# What Acme, or a public describe that was put together by rule, says otherwise.
_CHANGES: dict[tuple[str, str], FieldDescribe] = {
    ("Account", "Type"): {"picklistValues": picklist_values(ACCOUNT_TYPES)},
    ("Account", "Industry"): {"picklistValues": picklist_values(INDUSTRIES)},
    ("Opportunity", "StageName"): {"picklistValues": picklist_values(STAGES)},
    ("Case", "Type"): {"picklistValues": picklist_values(("Problem", "Question", "Feature Request"))},
    ("Case", "Origin"): {"picklistValues": picklist_values(("Email", "Web", "Phone", "Internal"))},
    ("Contract", "Status"): {"picklistValues": picklist_values(("Draft", "In Approval", "Activated"))},
    ("Contract", "StatusCode"): {"picklistValues": picklist_values(("Draft", "InApproval", "Activated"))},
    ("Contract", "ContractNumber"): {"autoNumber": True, "nameField": True, "idLookup": True},
    ("User", "Name"): {"nameField": True, "createable": False, "updateable": False},
    ("Group", "Name"): {"nameField": True},
    ("Group", "Type"): {"picklistValues": picklist_values(("Regular", "Queue", "Role"))},
    ("RecordType", "Name"): {"nameField": True},
    ("FeedItem", "ParentId"): {"referenceTo": _FEED_PARENTS},
    ("FeedItem", "Type"): {"picklistValues": picklist_values(("TextPost", "LinkPost", "TrackedChange"))},
    ("FeedComment", "FeedItemId"): {"referenceTo": ["FeedItem"]},
    ("FeedComment", "ParentId"): {"referenceTo": _FEED_PARENTS},
    ("FeedComment", "CommentBody"): {"filterable": False, "sortable": False, "groupable": False},
    ("EmailMessage", "Status"): {"picklistValues": picklist_values(("0=New", "1=Read", "2=Replied", "3=Sent"))},
}


def money(name: str, label: str | None = None, **said: Any) -> FieldDescribe:
    """An amount with two decimals on the page; what is saved through the API may have more."""
    return make_field(name, "currency", label, precision=18, scale=2, **said)


def _name(label: str, *, auto: bool = False) -> FieldDescribe:
    name = make_field("Name", "string", label, length=80, autoNumber=auto)
    return name | {"nameField": True, "idLookup": True, "nillable": False}


def _formula(name: str, kind: str, formula: str, **said: Any) -> FieldDescribe:
    return make_field(name, kind, calculated=True, calculatedFormula=formula, **said)


def _acme_fields() -> dict[str, list[FieldDescribe]]:
    """Acme's own fields on standard objects."""
    band = 'IF(Health__c >= 70, "Green", IF(Health__c >= 40, "Amber", "Red"))'
    return {
        "Account": [
            money("ARR__c", "ARR"),
            reference("CSM__c", "User", label="CSM"),
            reference("TAM__c", "User", label="Technical Account Manager"),
            reference("Onboarding_Lead__c", "User"),
            make_field("Renewal_Date__c", "date"),
            make_field("Health__c", "double", "Health score", precision=5, scale=2),
            _formula("Health_Band__c", "string", band, length=1300),
            _formula("Days_to_Renewal__c", "double", "Renewal_Date__c - TODAY()"),
            make_field("Seats__c", "double", precision=10),
            picklist("Interested_In__c", INTERESTS, type="multipicklist", restrictedPicklist=True),
            make_field("Billing_Reference__c", "string", length=40, caseSensitive=True),
            make_field("Tax_Number__c", "encryptedstring", length=40),
            make_field("Is_Strategic__c", "boolean", "Strategic account"),
            make_field("Success_Plan__c", "textarea", length=32768),
        ],
        "Contact": [
            make_field("LinkedIn__c", "url", "LinkedIn profile"),
            make_field("Left_Company__c", "boolean", "Has left the company"),
        ],
        "Opportunity": [money("Discount__c", "Discount")],
        "Case": [
            picklist("Product__c", PRODUCTS),
            picklist("Severity__c", SEVERITIES, restrictedPicklist=True),
        ],
        "Contract": [make_field("Notes__c", "textarea", length=4000)],
    }


def _owner() -> FieldDescribe:
    """Records of Acme's own objects may belong to a queue."""
    return reference("OwnerId", "Group", "User", label="Owner ID", nillable=False, defaultedOnCreate=True)


def _acme_objects() -> list[Describe]:
    """The objects that Acme made, and three standard ones of which no public describe was found."""
    no_bin = system_fields(deletable=False)
    return [
        make_object("Subscription__c", "a00", "Subscription", "Subscriptions", [
            *system_fields(), _name("Subscription Number", auto=True), _owner(),
            reference("Account__c", "Account"),
            money("Amount__c", "Annual amount"),
            picklist("Status__c", ("Active", "Expired", "Cancelled", "Draft")),
            picklist("Plan__c", PLANS),
            make_field("Start_Date__c", "date"), make_field("End_Date__c", "date"),
            make_field("Seats__c", "double", precision=10),
            _formula("Monthly__c", "currency", "Amount__c / 12"),
        ]),
        make_object("Training__c", "a01", "Training", "Trainings", [
            *system_fields(), _name("Training Number", auto=True), _owner(),
            reference("Contact__c", "Contact"),
            picklist("Course__c", COURSES),
            make_field("Completed_On__c", "date"),
            make_field("Score__c", "double", precision=5, scale=2),
            _formula("Passed__c", "boolean", "Score__c >= 60"),
            make_field("Feedback__c", "textarea"),
        ]),
        make_object("Usage__c", "a02", "Usage", "Usage", [
            *system_fields(), _name("Usage Number", auto=True), _owner(),
            reference("Subscription__c", "Subscription__c"),
            make_field("Month__c", "date"), make_field("Active_Users__c", "double", precision=10),
        ]),
        make_object("Invoice__c", "a03", "Invoice", "Invoices", [
            *system_fields(), _name("Invoice Number"), _owner(),
            make_field("Customer_Number__c", "string", length=40),
            money("Amount__c"), make_field("Invoice_Date__c", "date"), make_field("Paid__c", "boolean"),
        ]),
        make_object("Survey_Response__c", "a04", "Survey Response", "Survey Responses", [
            *system_fields(), _name("Response Number", auto=True), _owner(),
            make_field("Contact_Ref__c", "string", "Contact reference", length=18, caseSensitive=True),
            make_field("Score__c", "double", precision=2), make_field("Comment__c", "textarea", length=4000),
            make_field("Answered_At__c", "datetime", "Answered at"),
        ]),
        make_object("AccountTeamMember", "01M", "Account Team Member", "Account Team Members", [
            *system_fields(),
            reference("AccountId", "Account", nillable=False, updateable=False),
            reference("UserId", "User", nillable=False, updateable=False),
            picklist("TeamMemberRole", ("CSM", "Executive Sponsor", "Sales Engineer"), "Team Role"),
            make_field("Title", "string", length=80, createable=False, updateable=False),
        ]),
        make_object("Organization", "00D", "Organization", "Organizations", [
            *no_bin,
            make_field("Name", "string", length=80, nameField=True),
            make_field("Country", "string", length=80),
            make_field("DefaultLocaleSidKey", "picklist", "Locale"),
            make_field("LanguageLocaleKey", "picklist", "Language"),
            make_field("TimeZoneSidKey", "picklist", "Time Zone"),
            make_field("FiscalYearStartMonth", "int"),
            make_field("OrganizationType", "picklist", "Edition"),
            make_field("InstanceName", "string", length=5),
            make_field("IsSandbox", "boolean"),
        ], createable=False, deletable=False),
    ]  # fmt: skip


_OWN_RELATIONSHIPS: dict[tuple[str, str], str | None] = {
    ("Subscription__c", "Account__c"): "Subscriptions__r",
    ("Training__c", "Contact__c"): "Trainings__r",
    ("Usage__c", "Subscription__c"): "Usage__r",
    ("AccountTeamMember", "AccountId"): "AccountTeamMembers",
    ("User", "ManagerId"): "ManagedUsers",
    ("FeedComment", "FeedItemId"): "FeedComments",
}


def acme_describes(public: Path) -> list[Describe]:
    """The describes of the org, standard objects first; `public` holds the public describes."""
    own = _acme_fields()
    objects = []
    for name, kept in _KEPT.items():
        fields = read_public(_public_file(public, name), kept.split())
        for (object_name, field_name), change in _CHANGES.items():
            if object_name == name:
                fields[field_name] |= change
        plural = _PLURALS.get(name, f"{_LABELS.get(name, name)}s")
        all_fields = [*fields.values(), *own.get(name, [])]
        objects.append(make_object(name, _KEY_PREFIXES[name], _LABELS.get(name, name), plural, all_fields))
    objects += _acme_objects()
    relationships = dict(_OWN_RELATIONSHIPS)
    for name in ("Account", "Contact", "Case"):
        relationships |= public_relationships(_public_file(public, name))
    connect(objects, relationships)
    objects[0]["recordTypeInfos"] = _record_type_infos()
    return objects


def _record_type_infos() -> list[dict[str, Any]]:
    own = [(name, label, record_id("012", n)) for n, (name, label) in enumerate(RECORD_TYPES.items(), 1)]
    return [
        {
            "active": True,
            "available": True,
            "defaultRecordTypeMapping": name == "Business_Account",
            "developerName": name,
            "master": name == "Master",
            "name": label,
            "recordTypeId": key,
        }
        for name, label, key in [*own, ("Master", "Master", "012000000000000AAA")]
    ]


def _public_file(public: Path, name: str) -> Path:
    raw = public / f"{name}.json"
    return raw if raw.is_file() else public / "derived" / f"{name}.json"
