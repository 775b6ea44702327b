import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { render } from "../../support/agent/agent-process.ts";
import { setScene } from "../../support/agent/agent-scene.ts";
import { failure, html, json, replyTo } from "../../support/agent/behaviours.ts";
import { command } from "../../support/agent/command.ts";
import type { Behaviour } from "../../support/agent/faulty-server.ts";
import { notifications, notifyWrapper } from "../../support/agent/notify-receiver.ts";
import { leaksIn } from "../../support/canary.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** What a control plane, or who stands before it, may make of the key that it is sent. */
const pieces = (key: string): readonly string[] => {
  const secret = key.replace(/^exc_/, "");
  return [
    secret,
    secret.slice(0, 12),
    secret.slice(-20),
    secret.toUpperCase(),
    encodeURIComponent(`=${secret}`),
  ];
};

const echoes: readonly ((piece: string) => Behaviour)[] = [
  (piece) => json(401, failure("UNAUTHENTICATED", { reason: piece }, null)),
  (piece) =>
    json(403, { errors: [{ message: `no ${piece}`, extensions: { code: "FORBIDDEN", reason: piece } }] }),
  (piece) => json(200, { errors: [{ message: piece, extensions: { code: piece } }] }),
  (piece) => html(500, `no ${piece} here`),
  (piece) => html(302, "", { location: `https://${piece}.example.com/` }),
  (piece) => json(200, { data: {} }, { "content-encoding": piece }),
  (piece) => (exchange) => json(200, replyTo(exchange, piece))(exchange),
];

it("a key that is echoed, whole or cut, is said and kept nowhere", { timeout: 120_000 }, async () => {
  using notified = temporaryDirectory();
  await using scene = await setScene({ wrapper: notifyWrapper("descriptor", notified.path) });
  const { agent, home, key, server } = scene;
  const choices = pieces(key);
  let turn = 0;
  server.respond((exchange) => {
    const piece = choices[Math.floor(turn / echoes.length) % choices.length] ?? "";
    const behaviour = echoes[turn % echoes.length];
    turn += 1;
    behaviour?.(piece)(exchange);
  });
  const said: string[] = [];
  for (let round = 0; round < echoes.length * 5; round += 1) {
    await eventually(() => turn > round, { describe: "an exchange", timeoutMs: 20_000 });
    said.push(JSON.stringify(await agent.post("retry")));
    if (round % 7 === 0) {
      for (const words of [["check", "--online"], ["doctor"], ["status"]]) {
        said.push((await command([...words, "-c", home.configPath])).output);
      }
    }
  }
  said.push((await command(["set-key", "-c", home.configPath], { input: key })).output);
  await agent.stop();
  const state = join(home.dataDir, "state.json");
  const everything = [
    render(agent.lines),
    ...said,
    ...notifications(notified.path),
    readFileSync(state, "utf8"),
  ].join("\n");
  expect(existsSync(state)).toBe(true);
  expect(everything).toContain("[redacted]");
  expect(leaksIn(everything, [key])).toEqual([]);
  const lower = everything.toLowerCase();
  for (let at = 4; at + 12 <= key.length; at += 1) {
    expect(lower.includes(key.slice(at, at + 12).toLowerCase())).toBe(false);
  }
});
