import { execFile } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A watched file, and its content before and after the change. */
export interface Place {
  /** A folder for this test only. */
  readonly folder: string;
  /** The path that the agent was given. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A way in which people and programs change a file. */
export interface FileChange {
  readonly name: string;
  /** The path of the watched file in the test's folder. Default: `etc/agent.toml`. */
  readonly path?: string;
  /** Creates the file with `before`. Default: a regular file. */
  readonly stage?: (place: Place) => void;
  /**
   * Changes the file. The write of `after` is its last step. Before it, `last` says how long a
   * state lasts that deserves a line.
   */
  readonly change: (place: Place, last?: () => Promise<void>) => Promise<void> | void;
  /**
   * Lines that the agent may write during the change, by event and text, because they are true
   * then.
   */
  readonly complaint?: RegExp;
  /** A program that must be installed. */
  readonly needs?: "vim" | "root";
  /** The agent must not be root, who can read every file. */
  readonly asNobody?: true;
}

/** Longer than any editor needs. A state that lasts this long deserves a line. */
const long = () => sleep(3000);

function writeInPlace(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

function beside({ path }: Place, ending: string): string {
  return `${path}${ending}`;
}

/**
 * A Secret or ConfigMap as the kubelet mounts it: `agent.toml → ..data/agent.toml`, `..data →
 * ..2026_…`.
 */
function kubernetesVersion({ path }: Place, version: string, text: string): void {
  const folder = join(dirname(path), `..2026_06_01_${version}`);
  mkdirSync(folder);
  writeInPlace(join(folder, "agent.toml"), text);
  symlinkSync(`..2026_06_01_${version}`, join(dirname(path), "..data_tmp"));
  renameSync(join(dirname(path), "..data_tmp"), join(dirname(path), "..data"));
}

export const FILE_CHANGES: readonly FileChange[] = [
  { name: "in place, as > does", change: ({ path, after }) => writeInPlace(path, after) },
  {
    name: "sed -i",
    async change({ path, before, after }) {
      await run("sed", ["-i", `s/${keyOf(before)}/${keyOf(after)}/`, path]);
    },
  },
  {
    name: "vim, in place",
    needs: "vim",
    change: (place) => editWithVim(place, "set backupcopy=yes"),
  },
  {
    name: "vim, with a backup that is renamed",
    needs: "vim",
    change: (place) => editWithVim(place, "set backup backupcopy=no"),
  },
  {
    name: "cp over it",
    async change(place) {
      writeInPlace(beside(place, ".new"), place.after);
      await run("cp", [beside(place, ".new"), place.path]);
    },
  },
  {
    name: "install over it",
    async change(place) {
      writeInPlace(beside(place, ".new"), place.after);
      await run("install", ["-m", "0600", beside(place, ".new"), place.path]);
    },
  },
  {
    name: "mv over it from another folder",
    async change(place) {
      const other = join(place.folder, "elsewhere.toml");
      writeInPlace(other, place.after);
      await run("mv", [other, place.path]);
    },
  },
  {
    name: "a temporary file and a rename",
    change(place) {
      writeInPlace(beside(place, ".tmp"), place.after);
      renameSync(beside(place, ".tmp"), place.path);
    },
  },
  {
    name: "a symbolic link that is retargeted",
    stage(place) {
      writeInPlace(join(place.folder, "old.toml"), place.before);
      symlinkSync(join(place.folder, "old.toml"), place.path);
    },
    change(place) {
      writeInPlace(join(place.folder, "new.toml"), place.after);
      symlinkSync(join(place.folder, "new.toml"), beside(place, ".tmp"));
      renameSync(beside(place, ".tmp"), place.path);
    },
  },
  {
    name: "a parent link that is retargeted",
    path: "current/agent.toml",
    stage(place) {
      mkdirSync(join(place.folder, "release-1"));
      writeInPlace(join(place.folder, "release-1", "agent.toml"), place.before);
      symlinkSync("release-1", dirname(place.path));
    },
    change(place) {
      mkdirSync(join(place.folder, "release-2"));
      writeInPlace(join(place.folder, "release-2", "agent.toml"), place.after);
      symlinkSync("release-2", join(place.folder, "next"));
      renameSync(join(place.folder, "next"), dirname(place.path));
    },
  },
  {
    name: "a Kubernetes ..data swap",
    stage(place) {
      kubernetesVersion(place, "1", place.before);
      symlinkSync("..data/agent.toml", place.path);
    },
    change: (place) => kubernetesVersion(place, "2", place.after),
  },
  {
    name: "a regular file that becomes a Kubernetes mount",
    change(place) {
      kubernetesVersion(place, "1", place.after);
      symlinkSync("..data/agent.toml", beside(place, ".tmp"));
      renameSync(beside(place, ".tmp"), place.path);
    },
  },
  {
    name: "deleted, then there again at once",
    change({ path, after }) {
      unlinkSync(path);
      writeInPlace(path, after);
    },
  },
  {
    name: "deleted, and there again after a while",
    complaint: /config\.invalid: .*agent\.toml.* does not exist/,
    async change({ path, after }, last = long) {
      unlinkSync(path);
      await last();
      writeInPlace(path, after);
    },
  },
  {
    name: "its folder removed and made again",
    complaint: /config\.invalid: .*agent\.toml.* does not exist/,
    async change({ path, after }, last = long) {
      rmSync(dirname(path), { recursive: true });
      await last();
      mkdirSync(dirname(path));
      writeInPlace(path, after);
    },
  },
  {
    name: "same size and same modification time",
    change({ path, after }) {
      const { atime, mtime } = statSync(path);
      writeInPlace(path, after);
      utimesSync(path, atime, mtime);
    },
  },
  {
    name: "in two halves, 300 ms apart",
    async change({ path, after }) {
      await inTwoHalves(path, after, after.indexOf("access_token") + 40);
    },
  },
  {
    name: "in two halves, cut between two lines",
    async change({ path, after }) {
      await inTwoHalves(path, after, after.indexOf("access_token"));
    },
  },
  {
    name: "locked by chmod 000 for a while, then repaired",
    asNobody: true,
    complaint: /config\.invalid: .*agent\.toml.* cannot be read by/,
    async change(place, last = long) {
      chmodSync(place.path, 0);
      await last();
      writeFileSync(place.path, place.after);
      chmodSync(place.path, 0o600);
    },
  },
];

async function inTwoHalves(path: string, text: string, at: number): Promise<void> {
  const file = openSync(path, "w", 0o600);
  writeSync(file, text.slice(0, at));
  await sleep(300);
  writeSync(file, text.slice(at));
  closeSync(file);
}

async function editWithVim({ path, before, after }: Place, setting: string): Promise<void> {
  const edit = ["-c", setting, "-c", `%s/${keyOf(before)}/${keyOf(after)}/`, "-c", "wq"];
  await run("vim", ["-u", "NONE", "-es", "-N", ...edit, path]);
  if (readFileSync(path, "utf8") !== after) {
    throw new Error("vim wrote something else");
  }
}

function keyOf(toml: string): string {
  return toml.match(/access_token = "(.*)"/)?.[1] ?? "";
}

export function stageFile(change: FileChange, place: Place): void {
  if (change.path === undefined) {
    mkdirSync(dirname(place.path), { recursive: true });
  }
  if (change.stage !== undefined) {
    change.stage(place);
  } else {
    writeInPlace(place.path, place.before);
  }
}

export function hasVim(): boolean {
  return ["/usr/bin/vim", "/usr/local/bin/vim", "/bin/vim"].some((path) => existsSync(path));
}

/**
 * A file that is mounted over another one, as by `docker run -v file:file`, shows changes of its
 * source.
 */
export const BIND_MOUNT: FileChange = {
  name: "a single file that is bind-mounted",
  needs: "root",
  stage(place) {
    writeInPlace(join(place.folder, "source.toml"), place.before);
    copyFileSync(join(place.folder, "source.toml"), place.path);
  },
  change: (place) => writeInPlace(join(place.folder, "source.toml"), place.after),
};

/** Runs the following command in its own mount namespace, with the file bound. */
export function bindMountWrapper(place: Place): readonly string[] {
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const source = join(place.folder, "source.toml");
  return ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", source, place.path];
}
