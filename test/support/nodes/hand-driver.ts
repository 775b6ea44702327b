import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * Runs in the namespace that recorded-hand.ts makes: a request in base64 in, answer and calls of
 * systemctl and journalctl out.
 */
const folder = process.argv[2] ?? "";
const record = join(folder, "calls");
const runtime = join(folder, "runtime");
const environment = { PATH: "/nowhere", RECORD: record, RUNTIME_DIRECTORY: runtime };

for await (const line of createInterface({ input: process.stdin })) {
  // Each request is the first of its hour.
  rmSync(runtime, { recursive: true, force: true });
  rmSync(record, { force: true });
  mkdirSync(runtime);
  const { stdout } = spawnSync("/usr/lib/novacula/node-hand", {
    input: Buffer.from(line, "base64"),
    env: environment,
  });
  process.stdout.write(`${JSON.stringify({ answer: stdout.toString(), calls: calls() })}\n`);
}

function calls(): string[][] {
  try {
    const texts = readFileSync(record, "utf8").split("\n\0").slice(0, -1);
    return texts.map((text) => text.split("\0").slice(0, -1));
  } catch {
    return [];
  }
}
