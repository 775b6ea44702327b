import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { boundedOutput } from "../../src/lib/log/bounded-output.ts";
import { tempDir } from "../support/temp-dir.ts";

const MIB = 1024 * 1024;

it("keeps at most 1 MiB for a reader that does not read, and says what it left out once that reads again", async () => {
  const file = join(tempDir(), "read");
  const reader = spawn("sh", ["-c", `read -r go; cat <&3 > ${file}`], {
    stdio: ["pipe", "ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void reader.kill("SIGKILL"));
  const [, , , pipe] = reader.stdio;
  if (!(pipe instanceof Writable)) {
    throw new Error("there is no pipe");
  }
  const said: number[] = [];
  const output = boundedOutput(pipe, (count) => {
    said.push(count);
    output.write(`left out ${count}\n`);
  });
  const line = `${"x".repeat(1023)}\n`;
  const total = 8 * 1024;
  let most = 0;
  for (let n = 0; n < total; n += 1) {
    output.write(line);
    if (n % 100 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    most = Math.max(most, pipe.writableLength);
  }
  expect(most).toBeGreaterThan(MIB / 2);
  expect(most).toBeLessThanOrEqual(MIB + line.length);
  expect(said).toEqual([]);

  reader.stdin?.write("go\n");
  await once(pipe, "drain");
  output.write("the next\n");
  pipe.end();
  await once(reader, "exit");
  const read = readFileSync(file, "utf8").split("\n").slice(0, -1);
  expect(said).toHaveLength(1);
  expect(read.slice(-2)).toEqual([`left out ${said[0]}`, "the next"]);
  expect(read.length - 2 + Number(said[0])).toBe(total);
});

it("leaves nothing out for one that reads", async () => {
  const lines: string[] = [];
  const output = boundedOutput({ write: (line) => lines.push(line) }, () => expect.unreachable());
  for (let n = 0; n < 5000; n += 1) {
    output.write("x".repeat(1000));
  }
  expect(lines).toHaveLength(5000);
});
