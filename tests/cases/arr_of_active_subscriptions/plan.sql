-- accounts: Accounts
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "Renewal_Date__c", "ParentId", "Website", "RecordType.DeveloperName",
    'customer' AS "account_type",
    CAST('0' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.customer"
),
"2_columns" AS (
  SELECT
    "Id", "Amount__c",
    "Account__c" AS "account_id"
  FROM "extract"."arr"
),
"3_totals" AS (
  SELECT
    "account_id",
    sum("Amount__c") AS "value"
  FROM "2_columns"
  GROUP BY "account_id"
),
"4_left_join" AS (
  SELECT
    l."Id", l."SystemModstamp", l."Name", l."Renewal_Date__c", l."ParentId", l."Website",
    l."RecordType.DeveloperName", l."account_type", l."type_rank",
    r."value" AS "arr (calculated)"
  FROM "1_columns" AS l
  LEFT JOIN "3_totals" AS r ON l."Id" = r."account_id"
),
"5_columns" AS (
  SELECT
    "Id", "End_Date__c",
    "Account__c" AS "account_id"
  FROM "extract"."arr"
),
"6_totals" AS (
  SELECT
    "account_id",
    min("End_Date__c") AS "value"
  FROM "5_columns"
  GROUP BY "account_id"
),
"7_left_join" AS (
  SELECT
    l."Id", l."SystemModstamp", l."Name", l."Renewal_Date__c", l."ParentId", l."Website",
    l."RecordType.DeveloperName", l."account_type", l."type_rank", l."arr (calculated)",
    r."value" AS "renewal_date (calculated)"
  FROM "4_left_join" AS l
  LEFT JOIN "6_totals" AS r ON l."Id" = r."account_id"
)
SELECT
  "Id", "SystemModstamp", "Name", "account_type",
  nullif(regexp_extract(regexp_replace(regexp_extract(lower("Website"), '^[\s\p{Z}]*(?:(?:[a-z][a-z0-9+.-]*:)?//|https?:/*)?(?:[^/?#\\\s\p{Z}]*@)?([^/?#\\\s\p{Z},;:@]*)', 1), '^www\.', ''), '^[^.]+(?:\.[^.]+)+'), '') AS "web_domain",
  "ParentId" AS "parent_id",
  "RecordType.DeveloperName" AS "record_type",
  FALSE AS "is_person",
  coalesce("arr (calculated)", CAST(CAST('0' AS DECIMAL(38, 0)) AS DECIMAL(38, 2))) AS "arr",
  CAST(NULL AS VARCHAR) AS "arr_currency",
  coalesce("renewal_date (calculated)", "Renewal_Date__c") AS "renewal_date"
FROM "7_left_join"

-- account_owners: Account owners
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "Renewal_Date__c", "ParentId", "Website", "RecordType.DeveloperName",
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
