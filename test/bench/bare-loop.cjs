// The floor for the agent: Node and undici, one kept connection, the agent's own request every
// interval, and nothing else. CommonJS, like the released bundle: an ES module would cost it 12 MB.
// node bare-loop.cjs URL REQUEST INTERVAL_MS, where REQUEST is a JSON file of headers and body.
const { readFileSync } = require("node:fs");
const { Client } = require("undici");

const [url, requestPath, intervalMs] = process.argv.slice(2);
const { headers, body } = JSON.parse(readFileSync(requestPath, "utf8"));
const { origin, pathname: path } = new URL(url);
const client = new Client(origin, { keepAliveTimeout: 65_000 });

async function sync() {
  const answer = await client.request({ path, method: "POST", headers, body });
  JSON.parse(await answer.body.text());
  setTimeout(sync, Number(intervalMs));
}

sync();
