import { readFileSync } from "node:fs";

/** agent.example.toml: what a fresh installation begins with. */
export function exampleConfig(): string {
  return readFileSync(new URL("../../../../agent.example.toml", import.meta.url), "utf8");
}
