import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { startFaultyServer } from "../support/faulty-server.ts";
import { makeKey } from "../support/keys.ts";
import { command, home, knowing } from "./command.ts";

/** A home whose file holds `old`, at a control plane that knows `old` and `fresh`; no agent runs. */
export async function prepared() {
  const [old, fresh] = [makeKey(), makeKey()];
  const server = await startFaultyServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.respond(knowing(old, fresh));
  const place = home();
  place.write({ url: server.url, key: old });
  const setKey = (input: string | Uint8Array, ...more: readonly string[]) =>
    command(["set-key", "-c", place.configPath, ...more], { input });
  const text = () => readFileSync(place.configPath, "utf8");
  return { old, fresh, server, place, setKey, text };
}
