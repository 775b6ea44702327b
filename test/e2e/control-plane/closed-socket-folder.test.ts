import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NOBODY } from "../../support/agent/command.ts";
import { lacks } from "../../support/requires.ts";
import { rootOnlyDir } from "../../support/temp-dir.ts";

const SOCKET = new URL("../../../src/control-plane/http/management-socket.ts", import.meta.url).href;
/** Listens as the service's user does, and ends. */
const LISTENER = `
  import { createServer } from "node:http";
  import { listenOnManagementSocket } from "${SOCKET}";
  const [path, uid] = process.argv.slice(1);
  process.setgroups([]); process.setgid(Number(uid)); process.setuid(Number(uid));
  const server = createServer();
  await listenOnManagementSocket(server, path)
    .then(() => console.log("listens"), (error) => console.log(\`\${error.name}: \${error.message}\\nFix: \${error.fix}\`));
  server.close();
`;

function listenAsNobody(path: string): string {
  const words = ["--input-type=module", "-e", LISTENER, path, String(NOBODY)];
  return execFileSync(process.execPath, words, { encoding: "utf8" });
}

describe.skipIf(lacks("root", process.geteuid?.() === 0))("the management socket", () => {
  it("in a folder that the service may not enter is named with the folder, and the command opens it", () => {
    const outer = rootOnlyDir();
    chmodSync(outer, 0o755);
    const folder = join(outer, "run");
    mkdirSync(folder, { mode: 0o700 });
    const path = join(folder, "m.sock");
    const said = listenAsNobody(path);
    expect(said).toContain(`cannot listen on the management socket ${path}: ${folder} belongs to root`);
    expect(said).toMatch(/may not (?:enter|write)/u);
    const [, command = "false"] = /^(?:Fix: )?(sudo .*)$/mu.exec(said) ?? [];
    execFileSync("sh", ["-ec", command.replaceAll("sudo ", "")]);
    expect(listenAsNobody(path)).toBe("listens\n");
  });

  it("behind links that lead in a circle, or with too long a name, is no bug of the program", () => {
    const folder = rootOnlyDir();
    chmodSync(folder, 0o777);
    symlinkSync("b", join(folder, "a"));
    symlinkSync("a", join(folder, "b"));
    expect(listenAsNobody(join(folder, "a", "m.sock"))).toMatch(
      /^OperatorError: cannot listen .*a\/m\.sock/u,
    );
    expect(listenAsNobody(join(folder, "m".repeat(300)))).toMatch(/^OperatorError: cannot listen /u);
  });
});
