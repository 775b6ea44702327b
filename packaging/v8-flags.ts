/**
 * Flags that keep the agent small. It sends one small request every 5 s. An optimising compiler
 * would start after an hour, gain nothing noticeable, and keep 12 MB for good. The one for
 * WebAssembly would start at the first answer, for undici's HTTP parser: 64 ms and 40 MB, of which
 * 10 MB stay.
 */
export const AGENT_V8_FLAGS = [
  "--no-wasm-tier-up",
  "--no-wasm-dynamic-tiering",
  "--no-opt",
  "--no-maglev",
  "--no-sparkplug",
  "--optimize-for-size",
  // Keeps new objects in the first MiB. The flag for the maximum size is read only before a start.
  "--semi-space-growth-factor=1",
] as const;

/**
 * Flags of both programs, fixed in the binary. `--disable-sigusr1`: nobody can attach an inspector
 * to a process that holds a key. The semi-space is half of Node's default: a control plane at 2,000
 * syncs a second needs 100 MB less and is as fast. `--openssl-config`: otherwise OpenSSL loads what
 * OPENSSL_CONF names before either program runs. `--expose-gc`: the agent asks for a full
 * collection now and then (src/agent/daemon/sync-loop.ts).
 */
export const BINARY_NODE_FLAGS = [
  "--disable-sigusr1",
  "--disable-warning=ExperimentalWarning",
  "--v8-pool-size=1",
  "--max-semi-space-size=8",
  "--expose-gc",
  "--openssl-config=/dev/null",
] as const;
