import { execFile, spawnSync } from "node:child_process";
import { chmodSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { lacks } from "../support/requires.ts";
import { tempDir } from "../support/temp-dir.ts";

const LACKS_MOUNTS = lacks(
  "the right to mount a disk in a namespace of its own",
  spawnSync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]).status === 0,
);
const FAILURE = fileURLToPath(new URL("../../src/lib/files/write-failure.ts", import.meta.url));
/** Writes to the path in its argument as the agent's user would, and explains what happened. */
const WRITER = `
  import { openSync, writeFileSync } from "node:fs";
  import { writeFailure } from "${FAILURE}";
  const [path, uid] = process.argv.slice(1);
  process.setgid(Number(uid)); process.setuid(Number(uid));
`;
const WRITE = `
  try { writeFileSync(path, "x".repeat(8192)); }
  catch (error) { console.log(JSON.stringify(writeFailure(path, error, "novacula-agent"))); }
`;
/** Opens files until none can be opened. */
const USE_ALL = 'try { for (;;) openSync("/dev/null"); } catch {}\n';
const said = z.object({ problem: z.string(), fix: z.string() });

/** Mounts a disk at `folder`, prepares it with `script`, and writes `folder`/`file`. */
async function failure(script: string, file: string, uid = 65_534, before = "") {
  const folder = tempDir();
  const writer = [
    process.execPath,
    "--input-type=module",
    "-e",
    WRITER + before + WRITE,
    `${folder}/${file}`,
    String(uid),
  ];
  const { stdout } = await promisify(execFile)("unshare", [
    "--mount",
    "sh",
    "-c",
    `cd / && mount -t tmpfs -o size=64k,nr_inodes=32,mode=777 tmpfs "$0" && cd "$0" && ${script}; cd / && exec "$@"`,
    folder,
    ...writer,
  ]);
  return { folder, ...said.parse(JSON.parse(stdout)) };
}

describe.skipIf(LACKS_MOUNTS)("a write that failed", () => {
  it("on a full disk names the file system and how full it is", async () => {
    const { folder, problem, fix } = await failure("head -c 65536 /dev/zero > filler", "state.json");
    expect(problem).toBe(`the file system ${folder} (tmpfs) is full: 0 B of 64 KiB are free`);
    expect(fix).toBe(
      `free space on it. To see its largest folders, the largest last, run:\nsudo du -xh -d 3 ${folder} | sort -h | tail`,
    );
  });

  it("on a disk without another inode shows the folders that have the files, which may be elsewhere", async () => {
    const { folder, problem, fix } = await failure(
      "mkdir -m 777 data 'old ones'; i=0; while touch \"old ones/f$i\" 2>/dev/null; do i=$((i+1)); done",
      "data/state.json",
    );
    expect(problem).toContain("has no room for another file");
    expect(fix.split("\n").at(-1)).toBe(`sudo du --inodes -xS ${folder} | sort -n | tail -5`);
  });

  it("on a disk that is mounted twice names the place that df knows", async () => {
    const { folder, problem } = await failure(
      "mkdir -m 777 a b && head -c 65536 /dev/zero > filler; mount --bind a b",
      "b/state.json",
    );
    expect(problem).toContain(`the file system ${folder} (tmpfs) is full`);
  });

  it("on a read-only disk has the command that makes it writable", async () => {
    const { folder, problem, fix } = await failure('mount -o remount,ro "$0"', "state.json");
    expect(problem).toBe(`${folder} is on a file system that is read-only here`);
    expect(fix.split("\n").at(-1)).toBe(
      `sudo mount -o remount,rw ${folder} && sudo systemctl restart novacula-agent`,
    );
  });

  it("in a folder that is mounted read-only names the setting of the unit that may do it", async () => {
    const { folder, fix } = await failure(
      'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"',
      "state.json",
    );
    expect(fix).toContain(`ReadWritePaths=${folder}`);
    expect(fix.split("\n")).toContain("sudo systemctl edit novacula-agent");
  });

  it("in a folder of another user names both, and the command", async () => {
    const { folder, problem, fix } = await failure("mkdir -m 755 own", "own/state.json");
    expect(problem).toMatch(
      /own belongs to root \(group root, mode 0755\), so .*65534.* may not write there$/u,
    );
    expect(fix).toMatch(new RegExp(`^sudo chown \\S+ ${folder}/own$`, "u"));
  });

  it("in a folder that is not there gives the command that makes it", async () => {
    const { folder, problem, fix } = await failure("true", "gone/state.json");
    expect(problem).toBe(`the folder ${folder}/gone does not exist, and could not be made (ENOENT)`);
    expect(fix.split("\n").at(-1)).toMatch(/^sudo install -d -o \S+ -g \S+ -m 0700 \S+\/gone$/u);
  });

  it("beyond the largest size of a file names the limit, and no disk", async () => {
    const { problem, fix } = await failure("ulimit -f 0", "state.json");
    expect(problem).toContain("(EFBIG): LimitFSIZE= of its unit");
    expect(fix).toContain("\nsudo systemctl edit novacula-agent");
  });

  it("for want of a file descriptor names the limit, who sets it, and no disk", async () => {
    const { problem, fix } = await failure("ulimit -n 30", "state.json", 65_534, USE_ALL);
    expect(problem).toBe(
      "this process may open only 30 files at once (EMFILE): LimitNOFILE= of its unit, DefaultLimitNOFILE= of systemd, or ulimit -n",
    );
    expect(fix.split("\n").at(-1)).toBe("sudo grep -rns LimitNOFILE= /etc/systemd /run/systemd");
  });

  it("where a folder has the place of the file says that", async () => {
    const { folder, problem, fix } = await failure("mkdir state.json", "state.json");
    expect(problem).toBe("a folder or a link is in its place (EISDIR)");
    expect(fix).toBe(`move it away:\nsudo mv -bT ${folder}/state.json ${folder}/state.json.old`);
  });

  it("where a file has the place of a folder names that, and the command", async () => {
    const { folder, problem, fix } = await failure("touch own", "own/nodes/state.json");
    expect(problem).toBe(`${folder}/own is not a folder (ENOTDIR)`);
    expect(fix).toBe(`move it away:\nsudo mv -bT ${folder}/own ${folder}/own.old`);
  });
});

/** As another user than root, who owns all of these. */
async function failureAt(path: string) {
  const args = ["--input-type=module", "-e", WRITER + WRITE, path, "65534"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return said.parse(JSON.parse(stdout));
}

describe.skipIf(lacks("root", process.geteuid?.() === 0))("a folder that no program may own", () => {
  it.each(["/", "/etc", "/etc/default", "/usr", "/usr/lib", "/var", "/var/lib", "/home", "/run", "/proc"])(
    "%s keeps its owner and its mode",
    async (folder) => {
      const { problem, fix } = await failureAt(join(folder, "novacula-state.json"));
      expect(problem).not.toBe("");
      expect(fix).not.toMatch(/ch(?:own|grp|mod)|install/u);
    },
  );

  it("is known behind a link, too", async () => {
    const link = join(tempDir(), "state");
    symlinkSync("/var/lib", link);
    chmodSync(dirname(link), 0o755);
    const { problem, fix } = await failureAt(join(link, "novacula-state.json"));
    expect(problem).toContain("state belongs to root");
    expect(fix).toMatch(/^leave \/var\/lib as it is: choose a path in a folder that belongs to \S+ alone/u);
  });
});
