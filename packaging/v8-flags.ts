/**
 * What keeps the agent small. It does one small request every 5 s: an optimising compiler would start work after an
 * hour, gain nothing that anybody could notice, and keep 12 MB for good. The one for WebAssembly would start at the
 * first answer: 64 ms and 40 MB, of which 10 MB stay, for undici's HTTP parser.
 */
export const AGENT_V8_FLAGS = [
  "--no-wasm-tier-up",
  "--no-wasm-dynamic-tiering",
  "--no-opt",
  "--no-maglev",
  "--no-sparkplug",
  "--optimize-for-size",
  // New objects stay in the first MiB. Its maximum size would be the plainer flag, and is read only before a program starts.
  "--semi-space-growth-factor=1",
] as const;

/**
 * Of both programs, fixed in the binary. `--disable-sigusr1`: nobody attaches an inspector to a
 * process that holds a key. The semi-space is half of Node's default: 100 MB less in a control
 * plane under 2,000 syncs a second, at the same speed.
 * `--openssl-config`: OpenSSL would load what OPENSSL_CONF names, before any line of either program
 * runs.
 * `--expose-gc`: the agent asks for a full collection now and then (src/agent/daemon/agent.ts).
 */
export const BINARY_NODE_FLAGS = [
  "--disable-sigusr1",
  "--disable-warning=ExperimentalWarning",
  "--v8-pool-size=1",
  "--max-semi-space-size=8",
  "--expose-gc",
  "--openssl-config=/dev/null",
] as const;
