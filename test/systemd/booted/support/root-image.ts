import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DebianRelease } from "./debian-release.ts";

const run = promisify(execFile);

/**
 * procps for `kill` and `ps`, ca-certificates for TLS, and the clients of nodes that Debian has. No
 * Node, no sudo, no polkit.
 */
const PACKAGES = ["systemd", "systemd-sysv", "dbus", "procps", "ca-certificates", "litecoind", "monero"];

/**
 * Without /etc/hosts `localhost` does not resolve. Documentation of other packages only needs
 * space.
 */
const FINISH = [
  'echo "127.0.0.1 localhost" > "$1/etc/hosts"',
  'echo novacula-test > "$1/etc/hostname"',
  'rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/doc/* "$1"/usr/share/locale/*',
  // The distribution's periodic jobs would disturb tests of timing.
  'rm -f "$1"/etc/systemd/system/timers.target.wants/*',
].map((command) => `--customize-hook=${command}`);

/** Shared by the roots of all checkouts; safe to delete at any time. */
function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "novacula-agent", "roots");
}

/**
 * A folder with a minimal, bootable Debian, read-only by convention. Built once, in 25 s, from this
 * machine's mirror.
 */
export async function rootImage({ codename }: Pick<DebianRelease, "codename">): Promise<string> {
  const recipe = createHash("sha256")
    .update(JSON.stringify([PACKAGES, FINISH]))
    .digest("hex")
    .slice(0, 8);
  const folder = join(cacheFolder(), `${codename}-${recipe}`);
  if (existsSync(folder)) {
    return folder;
  }
  await mkdir(cacheFolder(), { recursive: true });
  const unfinished = `${folder}.${process.pid}.tmp`;
  try {
    await run(
      "mmdebstrap",
      [
        "--quiet",
        "--variant=minbase",
        `--include=${PACKAGES.join(",")}`,
        ...FINISH,
        codename,
        unfinished,
        await debianMirror(),
      ],
      { maxBuffer: 64 * 1024 * 1024, timeout: 900_000 },
    );
    await rename(unfinished, folder).catch((error: unknown) => {
      // Another run of the suite has built it.
      if (!existsSync(folder)) {
        throw error;
      }
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** The mirror from which this machine's apt gets Debian, without the updates. */
async function debianMirror(): Promise<string> {
  const { stdout } = await run("apt-get", [
    "indextargets",
    "--format",
    "$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)",
    "Created-By: Packages",
  ]);
  const mirror = /^Debian Debian main (\S+)$/mu.exec(stdout)?.[1];
  if (mirror === undefined) {
    throw new Error("apt knows no Debian archive: run apt-get update, or look into /etc/apt/sources.list.d");
  }
  return mirror;
}
