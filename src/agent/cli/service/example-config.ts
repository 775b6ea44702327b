import { readFileSync } from "node:fs";

/** The text of agent.example.toml: the configuration of a new installation. */
export function exampleConfig(): string {
  return readFileSync(new URL("../../../../agent.example.toml", import.meta.url), "utf8");
}
