import { expect, it } from "vitest";
import { rewrittenSteps } from "../../../../src/agent/doctor/local/rewritten-key.ts";
import { asRoot, forAgent } from "../../../../src/lib/shell-word.ts";
import { remedyLines } from "../../../../src/lib/text/remedy.ts";

it("a file that went back to an older key has the last write, and the commands that find the writer", () => {
  const at = Date.UTC(2026, 10, 30, 21, 6, 36, 700);
  const written = { path: "/etc/novacula/key", at, owner: "root" };
  const lines = remedyLines(rewrittenSteps(written, false));
  expect(lines[0]).toMatch(
    /^Fix: \/etc\/novacula\/key was last written at 2026-11-30 21:06:36 UTC, and belongs to root\. If nobody put the old key back by hand, a program writes it/u,
  );
  const find = [
    `  ${asRoot("find /etc/systemd/system /etc/cron* /var/spool/cron /usr/local /opt /srv -xdev -type f -size -1000k -exec grep -lsF /etc/novacula/key {} +")} 2>/dev/null`,
    `  ${asRoot("journalctl --since=@1796072791 --until=@1796072798")}`,
    `  ${asRoot("systemctl list-timers --all")}`,
  ];
  const commandsIn = (all: readonly string[]) => all.filter((line) => line.startsWith("  "));
  expect(commandsIn(lines)).toEqual(find);
  expect(lines.at(-1)).toBe("Put the working key where that program has it, or stop that program. Then:");
  expect(commandsIn(remedyLines(rewrittenSteps(written, true)))).toEqual([
    ...find,
    `  ${asRoot("sh -c 'umask 077; novacula-control-plane keys create --name replacement --key-only > /run/novacula-new-key'")}`,
    `  ${asRoot("cat /run/novacula-new-key")} | ${forAgent("set-key")} && ${asRoot("rm /run/novacula-new-key")}`,
  ]);
});
