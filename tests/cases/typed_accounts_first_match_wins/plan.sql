-- accounts: Accounts
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName",
    'customer' AS "account_type",
    CAST('0' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.customer"
),
"2_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName",
    'partner' AS "account_type",
    CAST('1' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.partner"
),
"3_union" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank"
  FROM "1_columns"
  UNION ALL
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank"
  FROM "2_columns"
),
"4_ranked" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank",
    row_number() OVER (PARTITION BY "Id" ORDER BY "type_rank" ASC NULLS LAST) AS "rank"
  FROM "3_union"
),
"5_first" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank"
  FROM "4_ranked"
  WHERE "rank" = 1
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
FROM "5_first"

-- account_owners: Account owners
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName",
    'customer' AS "account_type",
    CAST('0' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.customer"
),
"2_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName",
    'partner' AS "account_type",
    CAST('1' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.partner"
),
"3_union" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank"
  FROM "1_columns"
  UNION ALL
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank"
  FROM "2_columns"
),
"4_ranked" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank",
    row_number() OVER (PARTITION BY "Id" ORDER BY "type_rank" ASC NULLS LAST) AS "rank"
  FROM "3_union"
),
"5_first" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "ParentId", "Website", "RecordType.DeveloperName", "account_type",
    "type_rank"
  FROM "4_ranked"
  WHERE "rank" = 1
),
"6_columns" AS (
  SELECT
    "Id" AS "account_id",
    CAST(NULL AS VARCHAR) AS "owner_type",
    CAST(NULL AS VARCHAR) AS "user_id",
    CAST(NULL AS VARCHAR) AS "source"
  FROM "5_first"
)
SELECT
  "account_id", "owner_type", "user_id", "source"
FROM "6_columns"
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
