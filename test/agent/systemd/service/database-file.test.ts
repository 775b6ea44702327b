import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  databaseBefore,
  databaseFile,
  mountsOf,
} from "../../../../src/agent/systemd/service/database-file.ts";

const FOLDER = "/var/lib/novacula-control-plane";
const PATH = `${FOLDER}/control-plane.db`;
const ROOT = "29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw";
const mounted = (point: string, type: string, source: string) =>
  `${ROOT}\n310 29 0:70 / ${point} rw,relatime shared:9 master:2 - ${type} ${source} rw,size=64m\n`;

describe("the folder of a database", () => {
  it("that has a file system in memory over it is hidden, with the line of fstab", () => {
    const fstab = `# a comment\n\ntmpfs ${FOLDER} tmpfs size=64m,mode=0700 0 0\n`;
    expect(mountsOf(PATH, mounted(FOLDER, "tmpfs", "tmpfs"), fstab)).toEqual({
      over: { point: FOLDER, type: "tmpfs", source: "tmpfs", fstabLine: 3 },
      unmounted: undefined,
    });
    expect(mountsOf(PATH, mounted("/var", "tmpfs", "tmpfs"), "").over?.point).toBe("/var");
    expect(mountsOf("/srv/a b/cp.db", mounted("/srv/a\\040b", "tmpfs", "x"), "").over?.point).toBe(
      "/srv/a b",
    );
  });

  it("on a disk that nobody wrote into fstab is hidden", () => {
    expect(mountsOf(PATH, mounted(FOLDER, "ext4", "/dev/sdb1"), "").over).toMatchObject({
      type: "ext4",
      source: "/dev/sdb1",
      fstabLine: 0,
    });
  });

  it("on a disk of its own, or on that of the system, is not", () => {
    const own = `/dev/sdb1 ${FOLDER} ext4 defaults 0 2\n`;
    for (const [mountinfo, fstab] of [
      [mounted(FOLDER, "ext4", "/dev/sdb1"), own],
      [mounted("/var", "xfs", "/dev/sdb1"), ""],
      [mounted("/var/lib", "xfs", "/dev/sdb1"), ""],
      [mounted("/var/lib/novacula", "tmpfs", "tmpfs"), ""],
      [ROOT, "tmpfs /tmp tmpfs defaults 0 0"],
      ["", ""],
    ] as const) {
      expect(mountsOf(PATH, mountinfo, fstab)).toEqual({ over: undefined, unmounted: undefined });
    }
    // Nobody may be told to unmount these.
    for (const [path, point] of [
      ["/tmp/cp.db", "/tmp"],
      ["/run/cp/cp.db", "/run"],
      ["/dev/shm/cp.db", "/dev/shm"],
    ] as const) {
      expect(mountsOf(path, mounted(point, "tmpfs", "tmpfs"), "").over).toBeUndefined();
    }
    // The disk is not there: the empty folder below it has a new database.
    expect(mountsOf(PATH, ROOT, own).unmounted).toEqual({ folder: FOLDER, fstabLine: 1 });
    expect(mountsOf(PATH, ROOT, `#${own}`).unmounted).toBeUndefined();
  });

  it("has files that tell when they were made", async () => {
    const folder = mkdtempSync(join(tmpdir(), "database-"));
    try {
      writeFileSync(join(folder, "cp.db"), "");
      const { madeAt } = await databaseFile(join(folder, "cp.db"), process.pid);
      expect(madeAt).toBeGreaterThan(Date.UTC(2020, 1));
      expect((await databaseFile(join(folder, "none.db"), process.pid)).madeAt).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the database before", () => {
  const start = (second: number, database: string, url = "http://127.0.0.1:3000") =>
    `${second}.250000 fra-26 novacula-control-plane[77]: listening: Control plane 0.1.0 listens on ${url}, with the database ${database}.`;
  const json = (second: number, database: string) =>
    `${second}.5 fra-26 novacula-control-plane[78]: {"event":"listening","databasePath":"${database}","msg":"Control plane 0.1.0 listens on http://127.0.0.1:3000, with the database ${database}."}`;

  it("is the last other one, with when it was left, whatever the order of the lines", () => {
    const lines = [start(100, "/srv/a.db"), start(200, "/srv/b.db"), start(300, PATH), start(400, PATH)];
    for (const journal of [lines, lines.toReversed()]) {
      expect(databaseBefore(journal.join("\n"), PATH)).toEqual({
        path: "/srv/b.db",
        startedAt: 200_000,
        leftAt: 300_000,
      });
    }
  });

  it("is found in lines of JSON, and behind a name with its address", () => {
    const journal = `${json(100, "/srv/a.db")}\n${json(200, PATH)}`;
    expect(databaseBefore(journal, PATH)?.path).toBe("/srv/a.db");
    const named = start(100, "cp of PostgreSQL at db.example.com", "https://cp.example (127.0.0.9)");
    expect(databaseBefore(`${named}\n${start(200, PATH)}`, PATH)?.path).toBe(
      "cp of PostgreSQL at db.example.com",
    );
  });

  it("is not known of a service that always had the same, or of other lines", () => {
    expect(databaseBefore(`${start(100, PATH)}\n${start(200, PATH)}`, PATH)).toBeUndefined();
    expect(databaseBefore("", PATH)).toBeUndefined();
    expect(
      databaseBefore(`100.1 host x[1]: with the database /a.\n${start(200, PATH)}`, PATH),
    ).toBeUndefined();
  });
});
