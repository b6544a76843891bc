// What jsforce does against an org: identity, describe, query with paging, Bulk 2.0 query, one record, collections.
// Takes instance URL and access token as arguments; prints one line of JSON.
const jsforce = require("jsforce");

async function main() {
  const [instanceUrl, accessToken] = process.argv.slice(2);
  const conn = new jsforce.Connection({ instanceUrl, accessToken, version: "66.0" });
  const seen = {};
  seen.username = (await conn.identity()).username;
  seen.fields = (await conn.sobject("Account").describe()).fields.length;
  seen.objects = (await conn.describeGlobal()).sobjects.map((object) => object.name);

  const first = await conn.query("SELECT Id FROM Contact ORDER BY Id", { headers: { "Sforce-Query-Options": "batchSize=200" } });
  const second = await conn.queryMore(first.nextRecordsUrl);
  seen.pages = [first.records.length, second.records.length, second.done];

  conn.bulk2.pollInterval = 20;
  const stream = await conn.bulk2.query("SELECT Id, Name FROM Account ORDER BY Id");
  seen.bulk = (await stream.toArray()).map((record) => record.Name);

  const made = await conn.sobject("Account").create({ Name: "New", Type: "Prospect" });
  await conn.sobject("Account").update({ Id: made.id, Name: "Newer" });
  seen.read = (await conn.sobject("Account").retrieve(made.id)).Name;
  await conn.sobject("Account").destroy(made.id);
  const several = await conn.sobject("Account").create([{ Name: "One" }, { Name: "Two" }], { allOrNone: true });
  seen.several = several.map((result) => result.success);
  seen.refused = await conn.query("SELECT Nope FROM Account").catch((error) => error.errorCode);
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
