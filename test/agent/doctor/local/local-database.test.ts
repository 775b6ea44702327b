import { describe, expect, it } from "vitest";
import type { Here, LocalControlPlane } from "../../../../src/agent/doctor/local/local-control-plane.ts";
import { unknownHere } from "../../../../src/agent/doctor/local/local-database.ts";
import type { DatabaseFile } from "../../../../src/agent/systemd/service/database-file.ts";
import { asRoot, forAgent } from "../../../../src/lib/shell-word.ts";
import { remedyLines } from "../../../../src/lib/text/remedy.ts";

const WANTED = "http://127.0.0.1:3000";
const FOLDER = "/var/lib/novacula-control-plane";
const PATH = `${FOLDER}/control-plane.db`;
const ACCEPTED = Date.UTC(2026, 10, 30, 21, 6, 20);
const [LATER, EARLIER] = [ACCEPTED + 2000, ACCEPTED - 2000];
const of = (verb: string) => asRoot(`systemctl ${verb} novacula-control-plane`);
const [stop, start] = [of("stop"), `${of("start")} && ${forAgent("retry")}`];

function found(
  local: Partial<LocalControlPlane>,
  database: Partial<DatabaseFile> = {},
  acceptedAt: number | "never" = ACCEPTED,
) {
  const all = { active: "active", result: "success", isMasked: false, address: undefined, settings: {} };
  const here: Here = {
    local: { ...all, url: WANTED, database: PATH, ...local },
    isLoopbackUp: true,
    addresses: ["127.0.0.1"],
    database: { madeAt: LATER, over: undefined, unmounted: undefined, before: undefined, ...database },
  };
  const unknown = unknownHere(here, WANTED, acceptedAt === "never" ? undefined : acceptedAt);
  return unknown && { ...unknown, lines: remedyLines(unknown.remedy ?? []) };
}

describe("a key that the control plane of this host does not know", () => {
  it("because a file system hides its database is had again without a new key", () => {
    const over = { point: FOLDER, type: "tmpfs", source: "tmpfs", fstabLine: 9 };
    const { cause, lines } = found({ isKeyless: true }, { over }) ?? {};
    expect(cause).toBe(
      `the database of this host's control plane, ${PATH}, was made at 2026-11-30 21:06:22 UTC, and knows no keys at all, because a file system (tmpfs, source tmpfs) is mounted over its folder`,
    );
    expect(lines?.slice(0, 4)).toEqual([
      `Fix: A file system (tmpfs, source tmpfs) is mounted on ${FOLDER} by /etc/fstab line 9, and hides what was there before. systemd would mount it again with the service, so make that line a comment first:`,
      `  ${asRoot("sed -i --follow-symlinks '9s/^/# /' /etc/fstab")} && ${asRoot("systemctl daemon-reload")}`,
      "Then run:",
      `  ${stop} && ${asRoot(`umount ${FOLDER}`)} && ${start}`,
    ]);
    expect(lines?.at(-2)).toMatch(/^Only if there are no such keys/u);
    expect(lines?.at(-1)).toContain("org create NAME && ");
    const { lines: byHand } = found({ isKeyless: true }, { over: { ...over, fstabLine: 0 } }) ?? {};
    expect(byHand?.filter((line) => line.includes("fstab"))).toEqual([]);
  });

  it("because its disk is not mounted gets the disk", () => {
    const { lines } = found({ isKeyless: true }, { unmounted: { folder: FOLDER, fstabLine: 4 } }) ?? {};
    expect(lines?.slice(0, 2)).toEqual([
      `Fix: ${FOLDER} is not mounted, and /etc/fstab line 4 says that it should be. Run:`,
      `  ${stop} && ${asRoot(`mount ${FOLDER}`)} && ${start}`,
    ]);
  });

  it.each([
    [PATH, "/srv/new.db", "remove DATABASE_URL in /etc/default/novacula-control-plane"],
    ["/srv/old.db", PATH, "set DATABASE_URL=file:/srv/old.db in"],
    ["cp of PostgreSQL at db.example.com", PATH, "set DATABASE_URL to it again in"],
  ])("because its database was %s until now is told so", (path, database, setting) => {
    const before = { path, startedAt: Date.UTC(2026, 10, 1), leftAt: LATER };
    for (const isKeyless of [true, false]) {
      const { cause, lines } = found({ database, isKeyless }, { before, madeAt: EARLIER }) ?? {};
      expect(cause).toContain(isKeyless ? "knows no keys at all" : "is not the one that it had when");
      expect(lines?.[0]).toContain(
        `When it started at 2026-11-01 00:00:00 UTC, its database was ${path}. If the keys are there, ${setting}`,
      );
      expect(lines?.[1]).toBe(`  ${of("restart")} && ${forAgent("retry")}`);
    }
    // It was accepted by the present database since.
    expect(
      found({ database }, { before: { ...before, leftAt: EARLIER }, madeAt: EARLIER })?.cause,
    ).toBeUndefined();
  });

  it("and whose database was put there since says that", () => {
    const { cause, lines } = found({}) ?? {};
    expect(cause).toMatch(/is newer than the last use of the key: an older copy of it, or another one/u);
    expect(lines?.join("\n")).toMatch(
      /^Fix: If the keys are in another file.*"Restore" in \/usr\/share\/doc/su,
    );
    expect(lines?.at(-2)).toMatch(/^Only if the keys are lost: to make one and put it in, run:$/u);
  });

  it("and was never accepted here is no reason to doubt a database with keys", () => {
    expect(found({}, {}, "never")).toMatchObject({ remedy: undefined });
    const { cause, who, remedy } = found({}, { madeAt: EARLIER }) ?? {};
    expect([cause, remedy]).toEqual([undefined, undefined]);
    expect(who).toBe(
      `the control plane of this host answers there, with the database ${PATH}, which was made at 2026-11-30 21:06:18 UTC`,
    );
    expect(found({ isKeyless: true }, { madeAt: undefined }, "never")?.cause).toBe(
      `the database of this host's control plane, ${PATH}, knows no keys at all: it is new, or not the right one`,
    );
  });

  it("of another control plane, or of none that is known, says nothing", () => {
    expect(found({ url: "http://127.0.0.1:3001", isKeyless: true })).toBeUndefined();
    expect(found({ active: "failed", isKeyless: true })).toBeUndefined();
    expect(found({ database: undefined, isKeyless: true })).toBeUndefined();
  });
});
