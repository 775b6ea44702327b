import { expect, it } from "vitest";
import { configArgumentOf, runsAgent } from "../../../src/agent/systemd/agent-arguments.ts";

it.each([
  [["novacula-agent", "run"], undefined],
  [["/usr/bin/novacula-agent", "run", "-c", "/srv/a.toml"], "/srv/a.toml"],
  [["/usr/bin/novacula-agent", "run", "--config", "b.toml"], "/w/b.toml"],
  [["/usr/bin/novacula-agent", "run", "--config=/srv/with blank.toml"], "/srv/with blank.toml"],
  [["/opt/node", "--expose-gc", "/src/agent/main.ts", "run", "-c", "c.toml"], "/w/c.toml"],
])("%j runs an agent, with %s", (args, path) => {
  expect(runsAgent(args)).toBe(true);
  expect(configArgumentOf(args, "/w")).toBe(path);
});

it.each([[["novacula-agent", "check", "-c", "/a"]], [["vim", "run"]], [["node", "/x/main.ts", "run"]], [[]]])(
  "%j runs none",
  (args) => expect(runsAgent(args)).toBe(false),
);
