import { readlinkSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { userInfo } from "node:os";
import * as z from "zod";
import { utcTime } from "../../../lib/clock.ts";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, inPlace, shellWord } from "../../../lib/shell-word.ts";
import { endUnit } from "../../../lib/systemd/end-unit.ts";
import { ownUnit } from "../../systemd/own-process.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { unitProperties } from "../../systemd/systemctl.ts";

/** What the holder writes into its lock, for the error message of another agent. */
const holderSchema = z.strictObject({
  pid: z.number().int(),
  user: z.string(),
  unit: z.string().nullable(),
  since: z.string(),
  /** The kernel's name of the namespace in which `pid` counts: `pid:[4026531836]`. */
  namespace: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** A new holder takes a few ms to write its entry. Until then, the previous one is there. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 20;

/** In bytes. */
const LONGEST_HOLDER = 1000;

/** Writes into the locked `file` that this process holds it. */
export async function introduce(file: FileHandle, folder: string): Promise<void> {
  const holder: Holder = {
    pid: process.pid,
    user: userName(),
    unit: ownUnit(),
    since: new Date().toISOString(),
    namespace: ownNamespace(),
  };
  try {
    await inTime(folder, async () => {
      await file.truncate();
      await file.write(`${JSON.stringify(holder)}\n`, 0);
    });
  } catch {
    // The disk is full or hangs. The lock works without the holder's entry.
  }
}

/** The error for an agent that finds the lock taken. */
export async function taken(
  holder: Holder | undefined,
  folder: string,
  setting: string,
): Promise<OperatorError> {
  const place = `${setting} ${printable(folder, 4096)}`;
  if (holder === undefined) {
    return new OperatorError(
      `another novacula-agent, or a program that locks its files, holds the lock in ${place}, and does not say its PID. Fix: ${inPlace({ host: `stop it. To see it, run:\nsudo lslocks -u -o PID,COMMAND,PATH | grep ${shellWord(folder)}`, pod: "let no other pod use its volume" })}`,
    );
  }
  const { pid, user, unit, since, namespace } = holder;
  const service = unit === null ? "" : `, unit ${printable(unit, 100)}`;
  const isHere = namespace === ownNamespace();
  const stop = inPlace({
    host: isHere || unit !== null ? await endIt(holder) : "stop it first, in its container",
    pod: isHere ? `stop it first:\n${asRoot(`kill ${pid}`)}` : "let no other pod use its volume",
  });
  return new OperatorError(
    `another novacula-agent runs already (PID ${pid}${isHere ? "" : " of another container"}, user ${printable(user, 100)}${service}, since ${utcTime(Date.parse(since))}, with ${place}). Fix: ${stop}`,
  );
}

/** The whole repair: systemd may have given up on the service by then. */
async function endIt({ pid, unit }: Holder): Promise<string> {
  const end = asRoot(unit === null ? `kill ${pid}` : endUnit(unit, await fileStateOf(unit)));
  const start =
    ownUnit() === SERVICE
      ? ["reset-failed", "start"].map((verb) => asRoot(`systemctl ${verb} novacula-agent`))
      : [];
  return `if that one should not run, stop it:\n${[end, ...start].join(" && ")}`;
}

/** The service itself is only stopped for a while: it stays enabled. */
async function fileStateOf(unit: string): Promise<string | undefined> {
  const facts =
    unit === SERVICE ? undefined : await unitProperties(unit, ["UnitFileState"]).catch(() => undefined);
  return facts?.UnitFileState;
}

/** Who holds the lock; undefined if the file does not name a living process. */
export async function findHolder(file: FileHandle, folder: string): Promise<Holder | undefined> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const holder = await readHolder(file, folder);
    if (holder !== undefined && mayLive(holder)) {
      return holder;
    }
    if (performance.now() >= until) {
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function mayLive({ pid, namespace }: Holder): boolean {
  if (namespace !== ownNamespace()) {
    return true;
  }
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}

async function readHolder(file: FileHandle, folder: string): Promise<Holder | undefined> {
  try {
    const text = Buffer.alloc(LONGEST_HOLDER);
    const { bytesRead } = await inTime(folder, () => file.read(text, 0, LONGEST_HOLDER, 0));
    return holderSchema.parse(JSON.parse(text.toString("utf8", 0, bytesRead)));
  } catch {
    return undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A user without a line in passwd(5), as in a container.
    return `${process.geteuid?.() ?? errorCode(error)}`;
  }
}

function ownNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
