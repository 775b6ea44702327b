import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { HandPlace } from "./recorded-hand.ts";

/**
 * Runs in the namespace that recorded-hand.ts makes: a request and what the hand finds in, answer,
 * calls of systemctl and journalctl, and lines for the journal out.
 */
const folder = process.argv[2] ?? "";
const record = join(folder, "calls");
const runtime = join(folder, "runtime");
const PACKAGED = "/usr/lib/novacula";
const SYSTEM = "/etc/systemd/system";
const script = readFileSync(join(PACKAGED, "node-hand"), "utf8");

for await (const line of createInterface({ input: process.stdin })) {
  const { request, place }: { request: string; place: HandPlace } = JSON.parse(line);
  // Each request is the first of its hour.
  rmSync(runtime, { recursive: true, force: true });
  rmSync(record, { force: true });
  mkdirSync(runtime);
  prepare(place);
  const { stdout, stderr } = spawnSync(join(place.own ?? PACKAGED, "node-hand"), {
    input: Buffer.from(request, "base64"),
    env: { PATH: "/nowhere", RECORD: record, RUNTIME_DIRECTORY: runtime, ...place.environment },
  });
  const exchange = { answer: stdout.toString(), calls: calls(), notes: stderr.toString() };
  process.stdout.write(`${JSON.stringify(exchange)}\n`);
}

function prepare({
  own = PACKAGED,
  mode = 0o644,
  counts = {},
  enabled = [],
  limited = [],
  ...place
}: HandPlace) {
  const hand = join(own, "node-hand");
  if (own !== PACKAGED) {
    cpSync(PACKAGED, own, { recursive: true });
  }
  const wanted = place.script ?? script;
  if (readFileSync(hand, "utf8") !== wanted) {
    writeFileSync(hand, wanted);
  }
  for (const unit of globSync("/usr/lib/systemd/system/*-node@.service")) {
    chmodSync(unit, mode);
  }
  const now = Math.floor(Date.now() / 1000);
  for (const [name, ages] of Object.entries(counts)) {
    writeFileSync(join(runtime, name), ages.map((seconds) => `${now - seconds}\n`).join(""));
  }
  const wants = `${SYSTEM}/novacula-nodes.target.wants`;
  rmSync(wants, { recursive: true, force: true });
  rmSync(`${SYSTEM}.control`, { recursive: true, force: true });
  for (const unit of enabled) {
    mkdirSync(wants, { recursive: true });
    symlinkSync("/nowhere", join(wants, unit));
  }
  for (const unit of limited) {
    mkdirSync(`${SYSTEM}.control/${unit}.d`, { recursive: true });
  }
}

function calls(): string[][] {
  try {
    const texts = readFileSync(record, "utf8").split("\n\0").slice(0, -1);
    return texts.map((text) => text.split("\0").slice(0, -1));
  } catch {
    return [];
  }
}
