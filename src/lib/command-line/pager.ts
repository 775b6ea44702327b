import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Terminal } from "./terminal.ts";

/** All variables that a pager needs. The rest of the environment may contain secrets. */
const PASSED_ON = ["PATH", "HOME", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "LESS", "LESSCHARSET"];
/** The exit code of sh(1) if there is no such program. */
const NOT_FOUND = 127;

/** Shows a long text in $PAGER, else in less(1). Without a terminal or a pager, prints it. */
export async function printPaged(text: string, { stdout, environment }: Terminal): Promise<void> {
  if (stdout.isTTY !== true) {
    return void stdout.write(text);
  }
  const pager = spawn("/bin/sh", ["-c", environment["PAGER"] || "less -FRX"], {
    stdio: ["pipe", "inherit", "ignore"],
    env: Object.fromEntries(PASSED_ON.map((name) => [name, environment[name]])),
  });
  pager.stdin.on("error", () => {}).end(text);
  // Ctrl-C is for the pager. If it ended this program, the pager would be left behind.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  const [code] = await once(pager, "close");
  process.off("SIGINT", ignore);
  if (code === NOT_FOUND) {
    stdout.write(text);
  }
}
