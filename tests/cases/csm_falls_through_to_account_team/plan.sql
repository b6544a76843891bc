-- accounts: Accounts
WITH "1_columns" AS (
  SELECT
    "Id", "SystemModstamp", "Name", "CSM__c", "ParentId", "Website", "RecordType.DeveloperName",
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
    "Id", "SystemModstamp", "Name", "CSM__c", "ParentId", "Website", "RecordType.DeveloperName",
    'customer' AS "account_type",
    CAST('0' AS DECIMAL(38, 0)) AS "type_rank"
  FROM "extract"."accounts.customer"
),
"2_columns" AS (
  SELECT
    "Id", "CSM__c"
  FROM "1_columns"
),
"3_columns" AS (
  SELECT
    "Id", "UserId", "CreatedDate",
    "AccountId" AS "account_id"
  FROM "extract"."owners.csm.2"
),
"4_filtered" AS (
  SELECT
    "Id", "UserId", "CreatedDate", "account_id"
  FROM "3_columns"
  WHERE ("UserId" IS NOT NULL)
),
"5_ranked" AS (
  SELECT
    "Id", "UserId", "CreatedDate", "account_id",
    row_number() OVER (PARTITION BY "account_id" ORDER BY "CreatedDate" ASC NULLS LAST, "Id" ASC NULLS LAST) AS "rank"
  FROM "4_filtered"
),
"6_first" AS (
  SELECT
    "Id", "UserId", "CreatedDate", "account_id"
  FROM "5_ranked"
  WHERE "rank" = 1
),
"7_columns" AS (
  SELECT
    "account_id",
    "UserId" AS "user_id"
  FROM "6_first"
),
"8_left_join" AS (
  SELECT
    l."Id", l."CSM__c",
    r."user_id" AS "candidate 1"
  FROM "2_columns" AS l
  LEFT JOIN "7_columns" AS r ON l."Id" = r."account_id"
),
"9_left_join" AS (
  SELECT
    l."Id", l."CSM__c", l."candidate 1",
    r."Id" AS "user 1",
    r."IsActive" AS "active 1"
  FROM "8_left_join" AS l
  LEFT JOIN "extract"."users" AS r ON l."candidate 1" = r."Id"
),
"10_left_join" AS (
  SELECT
    l."Id", l."CSM__c", l."candidate 1", l."user 1", l."active 1",
    r."Id" AS "user 0",
    r."IsActive" AS "active 0"
  FROM "9_left_join" AS l
  LEFT JOIN "extract"."users" AS r ON l."CSM__c" = r."Id"
),
"11_columns" AS (
  SELECT
    "Id" AS "account_id",
    'csm' AS "owner_type",
    CASE WHEN (("user 0" IS NOT NULL) AND coalesce("active 0", FALSE)) THEN "CSM__c" ELSE CASE WHEN (("user 1" IS NOT NULL) AND coalesce("active 1", FALSE)) THEN "candidate 1" ELSE CAST(NULL AS VARCHAR) END END AS "user_id",
    CASE WHEN (("user 0" IS NOT NULL) AND coalesce("active 0", FALSE)) THEN 'CSM__c' ELSE CASE WHEN (("user 1" IS NOT NULL) AND coalesce("active 1", FALSE)) THEN 'UserId of AccountTeamMember' ELSE CAST(NULL AS VARCHAR) END END AS "source"
  FROM "10_left_join"
)
SELECT
  "account_id", "owner_type", "user_id", "source"
FROM "11_columns"
WHERE ("user_id" IS NOT NULL)

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
