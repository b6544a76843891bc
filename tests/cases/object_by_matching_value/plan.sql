-- accounts: Accounts
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "AccountNumber", "ParentId", "Website", "RecordType.DeveloperName",
    'customer' AS "account_type",
    CAST('0' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.customer"
)
SELECT
  "Id", "SystemModstamp", "Name", "account_type",
  nullif(regexp_extract(regexp_replace(regexp_extract(lower("Website"), '^[\s\p{Z}]*(?:(?:[a-z][a-z0-9+.-]*:)?//|https?:/*)?(?:[^/?#\\\s\p{Z}]*@)?([^/?#\\\s\p{Z},;:@]*)', 1), '^www\.', ''), '^[^.]+(?:\.[^.]+)+'), '') AS "web_domain",
  "ParentId" AS "parent_id",
  "RecordType.DeveloperName" AS "record_type",
  FALSE AS "is_person",
  CAST(NULL AS DECIMAL(38, 2)) AS "arr",
  CAST(NULL AS VARCHAR) AS "arr_currency",
  CAST(NULL AS DATE) AS "renewal_date"
FROM "1_columns"

-- account_owners: Account owners
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "AccountNumber", "ParentId", "Website", "RecordType.DeveloperName",
    'customer' AS "account_type",
    CAST('0' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.customer"
),
"2_columns" AS (
  SELECT
    "Id" AS "account_id",
    CAST(NULL AS VARCHAR) AS "owner_type",
    CAST(NULL AS VARCHAR) AS "user_id",
    CAST(NULL AS VARCHAR) AS "source"
  FROM "1_columns"
)
SELECT
  "account_id", "owner_type", "user_id", "source"
FROM "2_columns"
WHERE FALSE

-- invoices: Invoices
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name",
    lower("Customer_Number__c") AS "link_value"
  FROM "extract"."invoices"
),
"2_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "AccountNumber", "ParentId", "Website", "RecordType.DeveloperName",
    'customer' AS "account_type",
    CAST('0' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.customer"
),
"3_columns" AS (
  SELECT
    "Id",
    lower("AccountNumber") AS "link_value"
  FROM "2_columns"
),
"4_totals" AS (
  SELECT
    "link_value",
    min("Id") AS "parent",
    CAST(count(*) AS DECIMAL(38, 0)) AS "parents"
  FROM "3_columns"
  GROUP BY "link_value"
),
"5_filtered" AS (
  SELECT
    "link_value", "parent", "parents"
  FROM "4_totals"
  WHERE ("parents" = CAST('1' AS DECIMAL(38, 0)))
),
"6_inner_join" AS (
  SELECT
    l."Id", l."SystemModstamp", l."Name", l."link_value",
    r."parent" AS "account_id"
  FROM "1_columns" AS l
  INNER JOIN "5_filtered" AS r ON l."link_value" = r."link_value"
),
"7_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "account_id"
  FROM "6_inner_join"
),
"8_semi_join" AS (
  SELECT
    l."Id", l."SystemModstamp", l."Name", l."account_id"
  FROM "7_columns" AS l
  WHERE EXISTS (SELECT 1 FROM "wanted"."accounts" AS r WHERE l."account_id" = r."Id")
)
SELECT
  "Id", "SystemModstamp", "Name", "account_id"
FROM "8_semi_join"

-- users: Users
WITH "1_columns" AS (
  SELECT
    "user_id" AS "Id"
  FROM "wanted"."account_owners"
),
"2_union" AS (
  SELECT
    "Id"
  FROM "1_columns"
),
"3_filtered" AS (
  SELECT
    "Id"
  FROM "2_union"
  WHERE ("Id" IS NOT NULL)
),
"4_totals" AS (
  SELECT
    "Id"
  FROM "3_filtered"
  GROUP BY "Id"
),
"5_semi_join" AS (
  SELECT
    l."Id", l."SystemModstamp", l."Name", l."Email", l."IsActive"
  FROM "extract"."users" AS l
  WHERE EXISTS (SELECT 1 FROM "4_totals" AS r WHERE l."Id" = r."Id")
)
SELECT
  "Id",
  "Name" AS "name",
  "Email" AS "email",
  "IsActive" AS "active"
FROM "5_semi_join"
