import { expect, it } from "vitest";
import { rewrittenSteps } from "../../../../src/agent/doctor/local/rewritten-key.ts";
import { asRoot } from "../../../../src/lib/shell-word.ts";
import { remedyLines } from "../../../../src/lib/text/remedy.ts";

it("a file that went back to an older key has the last write, and the commands that find the writer", () => {
  const at = Date.UTC(2026, 10, 30, 21, 6, 36, 700);
  const lines = remedyLines(rewrittenSteps({ path: "/etc/novacula/key", at, owner: "root" }));
  expect(lines[0]).toMatch(
    /^Fix: \/etc\/novacula\/key was last written at 2026-11-30 21:06:36 UTC, and belongs to root\. If nobody put the old key back by hand, a program writes it/u,
  );
  expect(lines.filter((line) => line.startsWith("  "))).toEqual([
    `  ${asRoot("find /etc/systemd/system /etc/cron* /var/spool/cron /usr/local /opt /srv -xdev -type f -size -1000k -exec grep -lsF /etc/novacula/key {} +")}`,
    `  ${asRoot("journalctl --since=@1796072791 --until=@1796072798")}`,
    `  ${asRoot("systemctl list-timers --all")}`,
  ]);
});
