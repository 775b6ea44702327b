import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { type Certificate, testCertificates } from "../../../support/certificates.ts";
import { eventually } from "../../../support/eventually.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../../support/programs.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

/** A real control plane with https: what a client gets while the files change. */

const WAIT_MS = 60_000;

interface Serving extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  untilLine(pattern: RegExp, count?: number): Promise<string>;
  /** The serial number of the certificate that a new connection gets. */
  serial(): Promise<string>;
}

function serve(folder: string, paths: { readonly cert: string; readonly key: string }): Serving {
  const child = spawn(process.execPath, [CONTROL_PLANE, "serve"], {
    env: {
      ...ENVIRONMENT,
      DATABASE_URL: `file:${join(folder, "cp.db")}`,
      PORT: "0",
      LOG_FORMAT: "journal",
      TLS_CERT: paths.cert,
      TLS_KEY: paths.key,
      // So that a signal comes while it stops, and not while Node.js ends.
      DRAIN_SECONDS: "1",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const exited = once(child, "exit");
  const untilLine = (pattern: RegExp, count = 1) =>
    eventually(() => lines.filter((line) => pattern.test(line))[count - 1], {
      timeoutMs: WAIT_MS,
      describe: () => `${pattern}, ${count} times, in\n${lines.join("\n")}`,
    });
  return {
    child,
    lines,
    untilLine,
    async serial() {
      const listening = await untilLine(/listening: /);
      const socket = connect({
        host: "127.0.0.1",
        port: Number(/:(\d+),/.exec(listening)?.[1]),
        rejectUnauthorized: false,
      });
      await once(socket, "secureConnect");
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function serialOf({ cert }: Certificate): string {
  return new X509Certificate(cert).serialNumber;
}

function write(folder: string, names: { readonly cert: string; readonly key: string }, pair: Certificate) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, names.cert), pair.cert);
  writeFileSync(join(folder, names.key), pair.key, { mode: 0o600 });
}

/** As rename(2) of a new link, so that there is a link at every moment. */
function relink(target: string, link: string): void {
  symlinkSync(target, `${link}.new`);
  renameSync(`${link}.new`, link);
}

/** How programs that renew put a pair in its place, and where TLS_CERT and TLS_KEY point. */
const WAYS = {
  /** `live/x.pem` leads to `archive/xN.pem`; each link is replaced by itself. */
  certbot: (folder: string) => {
    mkdirSync(join(folder, "live"));
    let version = 0;
    return {
      paths: { cert: join(folder, "live/fullchain.pem"), key: join(folder, "live/privkey.pem") },
      put(pair: Certificate) {
        version += 1;
        const names = { cert: `fullchain${version}.pem`, key: `privkey${version}.pem` };
        write(join(folder, "archive"), names, pair);
        relink(`../archive/${names.cert}`, join(folder, "live/fullchain.pem"));
        relink(`../archive/${names.key}`, join(folder, "live/privkey.pem"));
      },
    };
  },
  /** `tls.crt` leads to `..data/tls.crt`, and `..data` to a folder with a time in its name. */
  kubernetes: (folder: string) => {
    const names = { cert: "tls.crt", key: "tls.key" };
    for (const name of Object.values(names)) {
      symlinkSync(`..data/${name}`, join(folder, name));
    }
    let version = 0;
    return {
      paths: { cert: join(folder, names.cert), key: join(folder, names.key) },
      put(pair: Certificate) {
        version += 1;
        write(join(folder, `..2026_11_30_${version}`), names, pair);
        relink(`..2026_11_30_${version}`, join(folder, "..data"));
      },
    };
  },
} as const;

describe("a control plane with https", { timeout: 180_000 }, () => {
  it.each(["certbot", "kubernetes"] as const)(
    "uses what %s links to, and keeps it while what follows is of no use",
    async (way) => {
      const { good, selfSigned, expired, wrongName } = await testCertificates();
      using directory = temporaryDirectory();
      const { paths, put } = WAYS[way](directory.path);
      put(good);
      await using serving = serve(directory.path, paths);
      expect(await serving.serial()).toBe(serialOf(good));
      put(selfSigned);
      await serving.untilLine(/^<6>tls\.renewed: New connections get/);
      expect(await serving.serial()).toBe(serialOf(selfSigned));
      for (const [index, bad] of [expired, wrongName, { cert: good.cert, key: expired.key }].entries()) {
        put(bad);
        serving.child.kill("SIGHUP");
        await serving.untilLine(/^<3>tls\.unusable: The previous certificate stays in use/, index + 1);
        expect(await serving.serial()).toBe(serialOf(selfSigned));
      }
      put(good);
      await serving.untilLine(/^<6>tls\.renewed: /, 2);
      expect(await serving.serial()).toBe(serialOf(good));
    },
  );

  it("answers each of several SIGHUPs, and one that comes while it starts", async () => {
    const { good } = await testCertificates();
    using directory = temporaryDirectory();
    const { paths, put } = WAYS.certbot(directory.path);
    put(good);
    await using serving = serve(directory.path, paths);
    await serving.untilLine(/database\.created: /);
    serving.child.kill("SIGHUP");
    await serving.untilLine(/^<6>tls\.renewed: The certificate in TLS_CERT is the one in use/);
    await serving.serial();
    for (let n = 0; n < 20; n += 1) {
      serving.child.kill("SIGHUP");
    }
    await serving.untilLine(/^<6>tls\.renewed: The certificate in TLS_CERT is the one in use/, 2);
    expect(await serving.serial()).toBe(serialOf(good));
    const ended = once(serving.child, "exit");
    serving.child.kill("SIGTERM");
    await serving.untilLine(/draining: /);
    serving.child.kill("SIGHUP");
    expect(await ended).toEqual([0, null]);
    expect(serving.lines.at(-1)).toMatch(/stopped: /);
  });
});
