import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { afterInput } from "../../../../src/agent/cli/key/hidden-prompt.ts";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { type Scene, setScene } from "../../../support/agent/cli-scene.ts";
import { keepText } from "../../../support/canary.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";
import { lacks } from "../../../support/requires.ts";

describe("what is typed", () => {
  const cases: readonly (readonly [
    what: string,
    chunks: readonly string[],
    text: string | undefined,
    isEnded: boolean,
  ])[] = [
    ["letters", ["ex", "c_"], "exc_", false],
    ["a line", ["exc_a\r"], "exc_a\n", true],
    ["a correction", ["exc_b\u007f", "a"], "exc_a", false],
    ["more corrections than letters", ["a\b\b\bb"], "b", false],
    ["a line begun again", ["wrong\u0015exc_"], "exc_", false],
    ["Ctrl-C in the middle", ["exc_\u0003abc"], undefined, false],
    ["Ctrl-D on an empty line", ["\u0004"], undefined, true],
    ["Ctrl-D at the end", ["exc_a\u0004"], "exc_a", true],
    ["a paste between a terminal's marks", ["\u001b[200~exc_a\u001b[201~\r"], "exc_a\n", true],
    ["a paste of two lines", ["exc_a\nb\n"], "exc_a\nb\n", true],
  ];
  it.each(cases)("%s", (_what, chunks, typed, isEnded) => {
    const start: ReturnType<typeof afterInput> = { text: "", isEnded: false };
    const end = chunks.reduce<ReturnType<typeof afterInput>>(afterInput, start);
    expect(end.text).toBe(typed);
    if (typed !== undefined) {
      expect(end.isEnded).toBe(isEnded);
    }
  });
});

const hasPython = spawnSync("python3", ["-c", "import pty, termios"]).status === 0;

describe.skipIf(lacks("python3, for a terminal", hasPython)).concurrent("the prompt on a terminal", () => {
  it("takes a key without showing it", async () => {
    await using scene = await setScene();
    const { key, fresh } = scene;
    const { shown, code, isEchoing, leftOver } = await onTerminal(scene, [`${fresh}\r`]);
    expect(shown).toContain("Executor key (it is not shown): \r\n");
    expect(shown).toContain(`The control plane accepts key ${keyFingerprint(fresh)}`);
    expect({ code, isEchoing, leftOver }).toEqual({ code: 0, isEchoing: true, leftOver: "" });
    expect(scene.text()).toContain(fresh);
    expect(shown).not.toContain(key.slice(4, 20));
  });

  it("is called off with Ctrl-C, and leaves the terminal as it was", async () => {
    await using scene = await setScene();
    const { key, fresh } = scene;
    const { shown, code, isEchoing } = await onTerminal(scene, [fresh.slice(0, 20), "\u0003"]);
    expect(shown).toContain("Cancelled. Nothing was written.");
    expect({ code, isEchoing }).toEqual({ code: 1, isEchoing: true });
    expect(scene.text()).toContain(key);
  });

  it("takes a key that was wrapped into two lines whole, so that no shell gets its second half", async () => {
    await using scene = await setScene();
    const { key, fresh } = scene;
    const { shown, code, leftOver } = await onTerminal(scene, [
      `${fresh.slice(0, 40)}\r`,
      `${fresh.slice(40)}\r`,
    ]);
    expect(shown).toMatch(/The key from the prompt has a line break/u);
    expect({ code, leftOver }).toEqual({ code: 1, leftOver: "" });
    expect(scene.text()).toContain(key);
  });
});

/** A person at a terminal: waits for the question, types piece by piece, and looks at the terminal afterwards. */
const PERSON = `
import json, os, pty, select, subprocess, sys, termios, time
program, pieces = json.loads(sys.argv[1]), json.loads(sys.stdin.read())
master, slave = pty.openpty()
child = subprocess.Popen(program, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
shown = b""
def read(seconds):
    global shown
    if select.select([master], [], [], seconds)[0]:
        shown += os.read(master, 65536)
while b"not shown" not in shown and child.poll() is None:
    read(0.1)
for piece in pieces:
    os.write(master, piece.encode())
    time.sleep(0.05)
while child.poll() is None:
    read(0.05)
read(0.1)
flags = termios.tcgetattr(slave)[3]
os.set_blocking(slave, False)
try:
    left = os.read(slave, 65536).decode()
except BlockingIOError:
    left = ""
print(json.dumps({"shown": shown.decode(), "code": child.returncode, "leftOver": left,
                  "isEchoing": bool(flags & termios.ECHO) and bool(flags & termios.ICANON)}))
`;

const seen = z.object({
  shown: z.string(),
  code: z.number(),
  leftOver: z.string(),
  isEchoing: z.boolean(),
});

async function onTerminal({ place }: Scene, pieces: readonly string[]): Promise<z.infer<typeof seen>> {
  const program = [process.execPath, AGENT, "set-key", "-c", place.configPath];
  const person = spawn("python3", ["-c", PERSON, JSON.stringify(program)], {
    env: ENVIRONMENT,
    stdio: ["pipe", "pipe", "inherit"],
  });
  person.stdin.end(JSON.stringify(pieces));
  const result = seen.parse(JSON.parse(await text(person.stdout)));
  keepText("terminal.txt", result.shown);
  return result;
}
