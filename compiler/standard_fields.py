"""Fields that Salesforce gives the usual objects in every org: one that a describe lacks is hidden, not missing.

Source: Object Reference for the Salesforce Platform. Fields that hang on a feature (person accounts, territories, data
services) are left out, since an org without the feature lacks them for everybody.
"""

from __future__ import annotations

_ADDRESS = ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "Address")


def _address(kind: str) -> tuple[str, ...]:
    return tuple(f"{kind}{part}" for part in _ADDRESS)


_FIELDS: dict[str, tuple[str, ...]] = {
    "Account": (
        *("Type", "ParentId", "Phone", "Fax", "AccountNumber", "Website", "Sic", "SicDesc", "Industry"),
        *("AnnualRevenue", "NumberOfEmployees", "Ownership", "TickerSymbol", "Description", "Rating", "Site"),
        *("AccountSource", "OwnerId", "LastActivityDate", *_address("Billing"), *_address("Shipping")),
    ),
    "Contact": (
        *("AccountId", "Phone", "Fax", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone", "ReportsToId"),
        *("Email", "Title", "Department", "AssistantName", "LeadSource", "Birthdate", "Description", "OwnerId"),
        *("LastActivityDate", *_address("Mailing"), *_address("Other")),
    ),
    "Opportunity": (
        *("AccountId", "Description", "StageName", "Amount", "Probability", "ExpectedRevenue", "CloseDate", "Type"),
        *("NextStep", "LeadSource", "IsClosed", "IsWon", "ForecastCategory", "ForecastCategoryName", "OwnerId"),
        *("CampaignId", "TotalOpportunityQuantity", "FiscalQuarter", "FiscalYear", "LastActivityDate"),
    ),
    "Case": (
        *("CaseNumber", "ContactId", "AccountId", "ParentId", "SuppliedName", "SuppliedEmail", "SuppliedPhone"),
        *("SuppliedCompany", "Type", "Status", "Reason", "Origin", "Subject", "Priority", "Description", "IsClosed"),
        *("ClosedDate", "IsEscalated", "OwnerId"),
    ),
    "Contract": (
        *("AccountId", "StartDate", "EndDate", "ContractTerm", "OwnerId", "Status", "CompanySignedDate"),
        *("CustomerSignedDate", "SpecialTerms", "ActivatedDate", "StatusCode", "Description", "ContractNumber"),
    ),
    "User": (
        *("Username", "Email", "Title", "Department", "Division", "Phone", "MobilePhone", "Alias", "IsActive"),
        *("UserRoleId", "ProfileId", "ManagerId", "EmployeeNumber", "CompanyName", "UserType"),
    ),
}
STANDARD_FIELDS = {sobject.lower(): {name.lower(): name for name in names} for sobject, names in _FIELDS.items()}
