import type { Loaded } from "./load-config.ts";
import type { AgentConfig } from "./schema/agent-config.ts";

/**
 * The configuration with `name` if `agent.name` is not set. A host that gets another name is no
 * edit of agent.toml, and must not become another executor: it keeps its rememberedName().
 */
export function withDefaultName(loaded: Loaded, name: string): Loaded {
  const named = <Config extends { readonly agent: AgentConfig["agent"] }>(config: Config): Config =>
    config.agent.isNameSet ? config : { ...config, agent: { ...config.agent, name } };
  if (loaded.verdict !== "invalid") {
    return { ...loaded, config: named(loaded.config) };
  }
  const { twoKeys } = loaded;
  return twoKeys === undefined
    ? loaded
    : { ...loaded, twoKeys: { ...twoKeys, config: named(twoKeys.config) } };
}
