import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "rolldown";

/**
 * What the programs use of undici: a client, a proxy, a connector. Its main module loads fetch, WebSocket, caches and
 * mocks with them, which costs every agent 7 MB. An upgrade that moves one of these files fails the build.
 */
const LEAN_MODULE = `
  const Dispatcher = require("./lib/dispatcher/dispatcher.js");
  Dispatcher.prototype.request = require("./lib/api/api-request.js");
  Dispatcher.prototype.connect = require("./lib/api/api-connect.js");
  exports.Dispatcher = Dispatcher;
  exports.Client = require("./lib/dispatcher/client.js");
  exports.ProxyAgent = require("./lib/dispatcher/proxy-agent.js");
  exports.buildConnector = require("./lib/core/connect.js");
`;

/** HTTP/2 is switched off wherever a client is made (src/agent/sync/network/transport.ts); its module would load node:http2. */
const NO_HTTP2 = `module.exports = () => { throw new Error("HTTP/2 is switched off"); };`;

/**
 * A client keeps the places of the requests that are done until there are 256. The list grows in steps, and what it grew
 * out of waits for a full collection, which an agent that makes so little garbage has once in days: half a MiB a day.
 */
const MANY_PLACES = "client[kRunningIdx] > 256";
const FEW_PLACES = "client[kRunningIdx] > 8";

/** undici's own switch for the copy that is built into Node: without a second, experimental HTTP parser. */
export const UNDICI_AS_NODE_HAS_IT = { esbuildDetection: "true" };

export function leanUndici(): Plugin {
  const folder = dirname(createRequire(import.meta.url).resolve("undici/package.json"));
  const main = join(folder, "lean.cjs");
  const client = join(folder, "lib/dispatcher/client.js");
  const http2 = join(folder, "lib/dispatcher/client-h2.js");
  return {
    name: "lean-undici",
    resolveId: (source) => (source === "undici" ? main : null),
    load: (id) => (id === main ? LEAN_MODULE : id === http2 ? NO_HTTP2 : null),
    transform(code, id) {
      if (id !== client) {
        return null;
      }
      if (!code.includes(MANY_PLACES)) {
        throw new Error(`${id} does not say "${MANY_PLACES}" any more`);
      }
      return { code: code.replace(MANY_PLACES, FEW_PLACES), map: null };
    },
  };
}
