import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "rolldown";

/**
 * The parts of undici that the programs use: a client and a connector. Its main module also
 * loads fetch, WebSocket, caches and mocks, which costs every process 4 to 7 MB of private memory.
 * If an upgrade moves one of these files, the build fails.
 */
const LEAN_MODULE = `
  const Dispatcher = require("./lib/dispatcher/dispatcher.js");
  Dispatcher.prototype.request = require("./lib/api/api-request.js");
  Dispatcher.prototype.connect = require("./lib/api/api-connect.js");
  exports.Dispatcher = Dispatcher;
  exports.Client = require("./lib/dispatcher/client.js");
  exports.buildConnector = require("./lib/core/connect.js");
`;

/**
 * No client uses HTTP/2 (src/agent/sync/network/transport.ts), and its module would load
 * node:http2.
 */
const NO_HTTP2 = `module.exports = () => { throw new Error("HTTP/2 is switched off"); };`;

/** undici's own switch for the copy in Node: leaves out a second, experimental HTTP parser. */
export const UNDICI_AS_NODE_HAS_IT = { esbuildDetection: "true" };

export function leanUndici(): Plugin {
  const folder = dirname(createRequire(import.meta.url).resolve("undici/package.json"));
  const main = join(folder, "lean.cjs");
  const http2 = join(folder, "lib/dispatcher/client-h2.js");
  return {
    name: "lean-undici",
    resolveId: (source) => (source === "undici" ? main : null),
    load: (id) => (id === main ? LEAN_MODULE : id === http2 ? NO_HTTP2 : null),
  };
}
