import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { keepText } from "../canary.ts";
import { type TestCertificates, testCertificates } from "../certificates.ts";
import { makeKey } from "../keys.ts";
import { onlyFor } from "../only-for.ts";
import { ENVIRONMENT } from "../program-environment.ts";
import { AGENT } from "../programs.ts";
import { temporaryDirectory } from "../temp-dir.ts";
import { type AgentHome, agentHome, startAgent, type TomlSettings } from "./agent-process.ts";
import { type FaultyServer, startFaultyServer } from "./faulty-server.ts";
import { makeOwnHost, type OwnHost } from "./own-host.ts";

/** The name of the control plane; `control-plane` has a certificate for it. */
export const NAME = "other.example.com";

type CertificateName = Exclude<keyof TestCertificates, "caPem">;

/** A host of the test's own, with a configuration for the control plane https://other.example.com. */
export interface NamedScene extends AsyncDisposable {
  readonly host: OwnHost;
  readonly home: AgentHome;
  /** Of the configuration at first. */
  readonly key: string;
  /** Accepts the key, at port 443 of that address of the host; by default outside the host. */
  controlPlane(address?: string, certificate?: CertificateName): Promise<FaultyServer>;
  start(): ReturnType<typeof startAgent>;
  /** Writes the configuration again. */
  configure(settings?: Partial<TomlSettings>, more?: string): void;
  /** Runs a command on the host until it ends. */
  run(...words: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string }>;
}

export async function namedScene(): Promise<NamedScene> {
  await using unfinished = new AsyncDisposableStack();
  const directory = unfinished.use(temporaryDirectory());
  const host = unfinished.use(await makeOwnHost());
  const home = agentHome(directory.path);
  const certificates = await testCertificates();
  const caFile = join(directory.path, "ca.pem");
  writeFileSync(caFile, certificates.caPem);
  const key = makeKey();
  const configure = (settings: Partial<TomlSettings> = {}, more = "") => {
    const written = home.toml({ url: `https://${NAME}`, key, caFile, ...settings });
    writeFileSync(home.configPath, written.replace("[logging]", `${more}\n[logging]`), { mode: 0o600 });
  };
  configure();
  const programs = unfinished.use(new AsyncDisposableStack());
  const finished = unfinished.move();
  return {
    host,
    home,
    key,
    configure,
    async controlPlane(address, certificate = "wrongName") {
      const listener = address === undefined ? {} : { listener: await host.tcp(address, 443) };
      const server = await startFaultyServer({ tls: certificates[certificate], ...listener });
      server.respond(onlyFor([key]));
      return finished.use(server);
    },
    start: () => programs.use(startAgent({ ...home, wrapper: host.wrapper })),
    async run(...words) {
      const [program = "", ...rest] = [...host.wrapper, process.execPath, AGENT, ...words];
      const child = spawn(program, [...rest, "-c", home.configPath], {
        env: ENVIRONMENT,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      const stdout = await text(child.stdout);
      await exited;
      keepText(`command-${words[0]}.txt`, stdout);
      return { code: child.exitCode, stdout };
    },
    [Symbol.asyncDispose]: () => finished.disposeAsync(),
  };
}
