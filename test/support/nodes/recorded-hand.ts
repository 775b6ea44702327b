import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { nodeFiles, PACKAGED_NODES } from "../../../src/agent/systemd/node-files.ts";

const DRIVER = fileURLToPath(new URL("hand-driver.ts", import.meta.url));
const UNSHARE = [
  "--mount",
  "--propagation",
  "private",
  ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]),
];

/** Stands for systemctl and journalctl: writes down its arguments, and answers like a calm host. */
const RECORDER = `#!/bin/sh
printf '%s\\0' "\${0##*/}" "$@" >>"$RECORD"
printf '\\n\\0' >>"$RECORD"
for unit; do :; done
case "$*" in
    *--property=FragmentPath*) echo "\${PLACE-/usr/lib/systemd/system/\${unit%%@*}@.service}" ;;
    *--property=ActiveState*) [ "$unit" = "\${STATE%% *}" ] && echo "\${STATE##* }" || echo inactive ;;
    list-units*) echo "\${LISTED-bitcoin-node@known.service loaded active running x}" ;;
    "\${FAILING:-none} "*) printf "no\\033[1m %0200d" 7 && exit 1 ;;
esac
`;

/** Puts our files and the recorders over /usr, and an empty folder over systemd's own, for this process only. */
const MOUNT = `mount -t overlay recorded-hand -o "lowerdir=/usr,upperdir=$1/usr,workdir=$1/work" /usr
mount -t tmpfs recorded-hand /etc/systemd
shift
exec "$@"`;

const exchange = z.strictObject({
  answer: z.string(),
  calls: z.array(z.array(z.string())),
  /** The lines for the journal. */
  notes: z.string(),
});
export type Exchange = z.infer<typeof exchange>;

/** What the hand finds. By default: its own script on a calm host, on which it has done nothing yet. */
export interface HandPlace {
  /** The script, in place of the package's. */
  readonly script?: string;
  /** The folder of the hand. */
  readonly own?: string;
  /** The mode of the units' files. */
  readonly mode?: number;
  /** How many seconds ago it did something, by the name of its count. */
  readonly counts?: Readonly<Record<string, readonly number[]>>;
  /** The units that start at boot. */
  readonly enabled?: readonly string[];
  /** The units that have limits. */
  readonly limited?: readonly string[];
  /**
   * PLACE: where systemd has the unit's file. STATE: a unit and its state. LISTED: the units that
   * run. FAILING: a verb of systemctl that fails.
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The script of the hand as it is, as root, with a systemctl that only writes down what it gets. */
export class RecordedHand {
  readonly #folder: string;
  readonly #driver: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "novacula-hand-"));
    const put = (path: string, text: string, mode: number) => {
      const file = join(this.#folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      chmodSync(file, mode);
    };
    for (const { path, text, mode } of nodeFiles(PACKAGED_NODES)) {
      put(path, text, mode);
    }
    put("usr/bin/systemctl", RECORDER, 0o755);
    put("usr/bin/journalctl", RECORDER, 0o755);
    mkdirSync(join(this.#folder, "work"));
    const driver = [process.execPath, DRIVER, this.#folder];
    this.#driver = spawn("unshare", [...UNSHARE, "sh", "-euc", MOUNT, "sh", this.#folder, ...driver]);
    this.#driver.stderr.pipe(process.stderr);
    this.#reader = createInterface({ input: this.#driver.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Sends these bytes, whatever they are, and resolves with what came of it. */
  async send(bytes: Buffer, place: HandPlace = {}): Promise<Exchange> {
    this.#driver.stdin.write(`${JSON.stringify({ request: bytes.toString("base64"), place })}\n`);
    const { value } = await this.#lines.next();
    return exchange.parse(JSON.parse(String(value)));
  }

  close(): void {
    this.#reader.close();
    this.#driver.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Whether this machine allows the mount that RecordedHand needs. */
export function canRecordHand(): boolean {
  const script =
    "d=$(mktemp -d); mkdir $d/u $d/w; mount -t overlay o -o lowerdir=/usr,upperdir=$d/u,workdir=$d/w /usr; rm -r $d";
  return spawnSync("unshare", [...UNSHARE, "sh", "-ec", script]).status === 0;
}
