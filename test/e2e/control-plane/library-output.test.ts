import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** The real program, which runs `code` once it listens, as a library in it would. */
async function programWith(code: string, level = "debug") {
  const beside = `setTimeout(() => { ${code} }, 300)`;
  const preload = `data:text/javascript,${encodeURIComponent(
    `const write = process.stdout.write.bind(process.stdout);
     process.stdout.write = (line, ...rest) => {
       if (String(line).includes('"event":"listening"')) { ${beside} }
       return write(line, ...rest);
     };`,
  )}`;
  const child = spawn(process.execPath, ["--import", preload, CONTROL_PLANE, "serve"], {
    env: {
      ...ENVIRONMENT,
      DATABASE_URL: `file:${tempDir()}/cp.db`,
      PORT: "0",
      LOG_LEVEL: level,
      LOG_FORMAT: "json",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const output = { stdout: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  const stderr = text(child.stderr);
  return { child, output, stderr, exited };
}

const HOSTILE = String.raw`"forged\n<0>{\"level\":\"fatal\"}\r\n<0>again\u202e\u001b[31m"`;

it("turns everything that libraries print, including warnings, into one printable JSON line each; stderr stays empty", async () => {
  const program = await programWith(
    `console.error(${HOSTILE}); console.log(${HOSTILE}); console.warn("%s", ${HOSTILE});
     console.trace(${HOSTILE}); console.table([${HOSTILE}]); console.group(${HOSTILE});
     console.dir({ toString: null, [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("no") } });
     console.assert(false, ${HOSTILE}); process.emitWarning(${HOSTILE});
     setTimeout(() => process.kill(process.pid, "SIGTERM"), 100);`,
  );
  expect(await program.exited).toBe(0);
  expect(await program.stderr).toBe("");
  const lines = program.output.stdout.trimEnd().split("\n");
  expect(lines.filter((line) => !line.startsWith('{"level":'))).toEqual([]);
  const routed = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "library.output");
  expect(routed.map(({ level }) => level)).toEqual([
    "warn",
    "debug",
    "warn",
    "warn",
    "debug",
    "debug",
    "warn",
    "warn",
  ]);
  expect(routed[0].detail).toBe('forged <0>{"level":"fatal"} <0>again [31m');
});

it("counts repeated output of a library and does not print it each time", async () => {
  const program = await programWith(
    `for (let n = 0; n < 5000; n += 1) console.error("x".repeat(5000) + n);
     setTimeout(() => process.kill(process.pid, "SIGTERM"), 100);`,
    "info",
  );
  expect(await program.exited).toBe(0);
  const routed = program.output.stdout.split("\n").filter((line) => line.includes("library.output"));
  expect(routed).toHaveLength(21);
  expect(JSON.parse(routed.at(-1) ?? "")).toMatchObject({ event: "log.left-out", count: 4980 });
  expect(program.output.stdout.length).toBeLessThan(25_000);
});

it.each([
  ["an exception that nobody catches", `throw new Error(${HOSTILE})`],
  ["a rejection that nobody handles", `Promise.reject(new Error(${HOSTILE}))`],
  ["a rejection with what is no error", `Promise.reject(${HOSTILE})`],
])("%s ends it in order, exit code 70, and no line of its text begins one of ours", async (_what, code) => {
  const program = await programWith(code);
  await eventually(() => program.child.exitCode !== null, { describe: "it ends", timeoutMs: 20_000 });
  expect(await program.exited).toBe(70);
  const lines = program.output.stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).event)).toContain("bug");
  expect(await program.stderr, "the journal has it, once").toBe("");
});
