import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { runControlPlane, startControlPlane } from "../../support/control-plane/control-plane.ts";
import { peopleEnv } from "../../support/control-plane/people.ts";
import { eventually } from "../../support/eventually.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** Nothing of it is in the image, or of use in it. */
const OF_A_HOST =
  /\b(?:sudo|systemctl|journalctl|systemd|chown|chgrp|df -|ip -brief|ss -ltnp|\/etc\/default)/u;
const POD = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };
const EXEC = `kubectl exec ${hostname()} -- novacula-control-plane`;

interface Trouble {
  readonly what: string;
  readonly env: (folder: string) => Readonly<Record<string, string>>;
  /** What the line tells instead. */
  readonly says: string;
}

const TROUBLES: readonly Trouble[] = [
  {
    what: "a wrong variable",
    env: () => ({ PORT: "http" }),
    says: "correct the environment of the container",
  },
  {
    what: "an address of nobody",
    env: () => ({ HOST: "192.0.2.1", PORT: "0" }),
    says: "set HOST to 0.0.0.0",
  },
  {
    what: "a damaged secret of the sessions",
    env(folder) {
      writeFileSync(`${folder}/cp.db.sign-in-secret`, "x");
      return { BETTER_AUTH_URL: "http://localhost:3000" };
    },
    says: "delete it from its volume",
  },
  {
    what: "a certificate that is not mounted",
    env: (folder) => ({ TLS_CERT: `${folder}/tls.crt`, TLS_KEY: `${folder}/tls.key` }),
    says: "mount the volume that has it",
  },
  {
    what: "a file in the place of the database's folder",
    env(folder) {
      writeFileSync(`${folder}/data`, "");
      return { DATABASE_URL: `file:${folder}/data/x/cp.db` };
    },
    says: "mount a volume there",
  },
];

describe("in a pod, no advice of the control plane is for a host", () => {
  it.each(TROUBLES)("$what", async ({ env, says }) => {
    const folder = tempDir();
    const { exitCode, stdout, stderr } = await runControlPlane(["serve"], {
      DATABASE_URL: `file:${folder}/cp.db`,
      ...POD,
      ...env(folder),
    });
    expect(exitCode).not.toBe(0);
    const said = stdout + stderr;
    expect(said).toContain(says);
    expect(said).not.toMatch(OF_A_HOST);
  });

  it("a command for which nobody listens", async () => {
    const folder = tempDir();
    mkdirSync(`${folder}/run`);
    const { stderr } = await runControlPlane(["keys", "list", "--socket", `${folder}/run/x.sock`], POD);
    expect(stderr).toContain(`kubectl logs ${hostname()}`);
    expect(stderr).not.toMatch(OF_A_HOST);
  });

  it("the first steps, and a port that is in use", async () => {
    const env = {
      ...POD,
      ...peopleEnv("http://localhost:3000"),
      INITIAL_ADMIN_EMAIL: "",
      INITIAL_ADMIN_PASSWORD: "",
    };
    const controlPlane = await startControlPlane({ env });
    onTestFinished(async () => void (await controlPlane.stop()));
    const log = await eventually(() => controlPlane.lines.find((line) => line.includes('"people.none"')), {
      describe: "the line",
    });
    expect(log).toContain(`${EXEC} setup-link`);
    const socket = ["--socket", controlPlane.socketPath];
    const { stderr } = await runControlPlane(["keys", "list", ...socket], POD);
    expect(stderr).toContain(`${EXEC} org create NAME`);
    const second = await runControlPlane(["serve"], {
      ...POD,
      DATABASE_URL: `file:${tempDir()}/cp.db`,
      PORT: String(controlPlane.port),
    });
    expect(second.stdout).toContain("set another PORT");
    expect([...controlPlane.lines, stderr, second.stdout].join("\n")).not.toMatch(OF_A_HOST);
  });
});
