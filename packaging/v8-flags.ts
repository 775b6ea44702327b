/**
 * What keeps the agent small. It does one small request every 5 s: an optimising compiler would start work after an
 * hour, gain nothing that anybody could notice, and keep 12 MB for good.
 */
export const AGENT_V8_FLAGS = [
  "--no-opt",
  "--no-maglev",
  "--optimize-for-size",
  "--max-semi-space-size=1",
] as const;

/** Of both programs, fixed in the binary. `--disable-sigusr1`: nobody attaches an inspector to a process that holds a key. */
export const BINARY_NODE_FLAGS = [
  "--disable-sigusr1",
  "--disable-warning=ExperimentalWarning",
  "--v8-pool-size=1",
] as const;
