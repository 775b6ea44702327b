/**
 * A FUSE file system that shows the files of a folder like a network mount: the kernel asks at each
 * access and learns of no change. Run `node fuse-program.ts FOLDER STOP` with /dev/fuse as
 * descriptor 3. It serves files and links, read-only: fuse(4), linux/fuse.h. Once the file STOP
 * exists it answers what it has taken, and takes nothing more. A request that it took and did not
 * answer would hold the thread that asks even against SIGKILL.
 */
import {
  type BigIntStats,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const DEVICE = 3;
const ROOT = 1n;
const [ENOENT, ENOSYS] = [2, 38];
const DIRECT_IO = 1;
const LONGEST_REQUEST = 256 * 1024;
const HEADER = 40;

const [, , folder = ".", stop = ""] = process.argv;
/** The name of each node. The first has number 2, because the root is 1. */
const names: string[] = [];

interface Request {
  readonly node: bigint;
  readonly body: Buffer;
}

/** Each returns the answer or an error number. Other requests get none, or ENOSYS. */
const OPERATIONS: Readonly<Record<number, (request: Request) => Buffer | number>> = {
  // LOOKUP
  1: ({ body }) => {
    const name = body.toString("utf8", 0, body.indexOf(0));
    const stats = lstatSync(join(folder, name), { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) {
      return ENOENT;
    }
    if (!names.includes(name)) {
      names.push(name);
    }
    return numbers(64, [ROOT + 1n + BigInt(names.indexOf(name)), 0n, 0n, 0n, 0n], attributes(stats));
  },
  // GETATTR
  3: ({ node }) => {
    const stats = lstatSync(pathOf(node), { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? ENOENT : numbers(64, [0n, 0n], attributes(stats));
  },
  // READLINK
  5: ({ node }) => readlinkSync(pathOf(node), "buffer"),
  // OPEN
  14: () => numbers(64, [0n, BigInt(DIRECT_IO)]),
  // READ
  15: ({ node, body }) => {
    const from = Number(body.readBigUInt64LE(8));
    return readFileSync(pathOf(node)).subarray(from, from + body.readUInt32LE(16));
  },
  // STATFS
  17: () => Buffer.alloc(80),
  // RELEASE, FLUSH
  18: () => Buffer.alloc(0),
  25: () => Buffer.alloc(0),
  // INIT: protocol 7.31
  26: () => numbers(32, [7n, 31n, 0n, 0n, 0n, 4096n, 1n], Buffer.alloc(36)),
  // OPENDIR, READDIR, RELEASEDIR, ACCESS
  27: () => numbers(64, [0n, 0n]),
  28: () => Buffer.alloc(0),
  29: () => Buffer.alloc(0),
  34: () => Buffer.alloc(0),
};
/** FORGET, INTERRUPT, BATCH_FORGET */
const WITHOUT_ANSWER = [2, 36, 42];

function pathOf(node: bigint): string {
  return node === ROOT ? folder : join(folder, names[Number(node - ROOT) - 1] ?? "");
}

function attributes(stats: BigIntStats): Buffer {
  const { ino, size, blocks, atimeMs, mtimeMs, ctimeMs, atimeNs, mtimeNs, ctimeNs } = stats;
  const { mode, nlink, uid, gid, rdev, blksize } = stats;
  const second = 1_000_000_000n;
  return Buffer.concat([
    numbers(64, [ino, size, blocks, atimeMs / 1000n, mtimeMs / 1000n, ctimeMs / 1000n]),
    numbers(32, [
      atimeNs % second,
      mtimeNs % second,
      ctimeNs % second,
      mode,
      nlink,
      uid,
      gid,
      rdev,
      blksize,
      0n,
    ]),
  ]);
}

function numbers(bits: 32 | 64, values: readonly bigint[], rest: Buffer = Buffer.alloc(0)): Buffer {
  const words = bits === 64 ? BigUint64Array.from(values) : Uint32Array.from(values, Number);
  return Buffer.concat([Buffer.from(words.buffer), rest]);
}

/** ENODEV means that it was unmounted. */
function readRequest(buffer: Buffer): number | undefined {
  try {
    return readSync(DEVICE, buffer);
  } catch {
    return undefined;
  }
}

const buffer = Buffer.alloc(LONGEST_REQUEST);
for (;;) {
  if (existsSync(stop)) {
    // For ever: the test ends it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  const length = readRequest(buffer);
  if (length === undefined) {
    break;
  }
  const operation = buffer.readUInt32LE(4);
  if (WITHOUT_ANSWER.includes(operation)) {
    continue;
  }
  const request = { node: buffer.readBigUInt64LE(16), body: buffer.subarray(HEADER, length) };
  const result = OPERATIONS[operation]?.(request) ?? ENOSYS;
  const body = typeof result === "number" ? Buffer.alloc(0) : result;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(head.length + body.length, 0);
  head.writeInt32LE(typeof result === "number" ? -result : 0, 4);
  head.writeBigUInt64LE(buffer.readBigUInt64LE(8), 8);
  writeSync(DEVICE, Buffer.concat([head, body]));
}
