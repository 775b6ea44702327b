import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { Client } from "undici";
import { describe, expect, it } from "vitest";
import { SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import { agentHome, startAgent } from "../../support/agent/agent-process.ts";
import { type Certificate, testCertificates } from "../../support/certificates.ts";
import type { TestControlPlane } from "../../support/control-plane/control-plane.ts";
import { SYNC_INPUT, sendRaw } from "../../support/control-plane/control-plane-server.ts";
import { ADMIN, openBrowser, startWithPeople } from "../../support/control-plane/people.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, portOf } from "../../support/free-port.ts";
import { makeKey } from "../../support/keys.ts";
import { lacksNginx, startNginx } from "../../support/nginx.ts";
import { ROOT } from "../../support/source-files.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** The control plane behind nginx as docs/control-plane/proxy.md has it, and nothing else between. */

interface Proxied extends AsyncDisposable {
  /** What executors and browsers know. */
  readonly url: string;
  readonly caPem: string;
  readonly folder: string;
  readonly controlPlane: TestControlPlane;
  /** How many connections nginx has opened to the control plane. */
  connections(): number;
}

async function startProxied(): Promise<Proxied> {
  await using unfinished = new AsyncDisposableStack();
  const directory = unfinished.use(temporaryDirectory());
  const { good, caPem } = await testCertificates();
  const port = await freePort();
  const url = `https://localhost:${port}`;
  const controlPlane = await startWithPeople({ env: { BETTER_AUTH_URL: url } });
  unfinished.defer(async () => void (await controlPlane.stop()));
  const relay = await countingRelay(controlPlane.port);
  unfinished.use(relay.server);
  const site = documentedSite(directory.path, good, { listen: port, upstream: relay.port });
  unfinished.use(await startNginx(join(directory.path, "nginx"), port, site));
  const finished = unfinished.move();
  return {
    url,
    caPem,
    folder: directory.path,
    controlPlane,
    connections: relay.connections,
    [Symbol.asyncDispose]: () => finished.disposeAsync(),
  };
}

/** The document's nginx block with this host's ports, name and certificate; fails where one of them is not in it. */
function documentedSite(
  folder: string,
  { cert, key }: Certificate,
  ports: { readonly listen: number; readonly upstream: number },
): string {
  const document = readFileSync(join(ROOT, "docs/control-plane/proxy.md"), "utf8");
  const block = /```nginx\n(.*?)```/su.exec(document)?.[1] ?? "";
  writeFileSync(join(folder, "cp.pem"), cert);
  writeFileSync(join(folder, "cp.key"), key, { mode: 0o600 });
  return [
    ["listen 443 ssl;", `listen 127.0.0.1:${ports.listen} ssl;`],
    ["server_name cp.example.com;", "server_name localhost;"],
    ["/etc/ssl/cp.pem", join(folder, "cp.pem")],
    ["/etc/ssl/cp.key", join(folder, "cp.key")],
    ["server 127.0.0.1:3000;", `server 127.0.0.1:${ports.upstream};`],
  ].reduce((text, [from = "", to = ""]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, block);
}

/** Passes on what nginx sends, and counts in how many connections. */
async function countingRelay(target: number) {
  let count = 0;
  const server = createServer((incoming) => {
    count += 1;
    const outgoing = connect(target, "127.0.0.1");
    incoming.pipe(outgoing).pipe(incoming);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: portOf(server), connections: () => count };
}

/** A connection through TLS as of a client whose address is `localAddress`. */
function from(localAddress: string, ca: string): Client.Options {
  return { connect: { ca }, localAddress };
}

describe.skipIf(lacksNginx)("behind nginx, as docs/control-plane/proxy.md has it", () => {
  it("an executor syncs, in few connections, and an outage of what is behind is one", async () => {
    await using proxied = await startProxied();
    const { url, caPem, folder, controlPlane } = proxied;
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, caPem);
    const { secret } = await controlPlane.createKey({ org: "default" });
    const home = agentHome(folder);
    home.write({ url, key: secret, caFile });
    await using agent = startAgent({ ...home, environment: { NO_PROXY: "*" } });
    await agent.waitForLine("key.accepted", new RegExp(`at ${url} `), 20_000);
    await agent.waitForStatus(({ attempts }) => attempts >= 6);
    expect(proxied.connections()).toBeLessThanOrEqual(2);
    expect(await controlPlane.executors("default")).toMatchObject([{ name: "agent-1", status: "online" }]);
    await controlPlane.kill();
    const { message } = await agent.waitForLine("control-plane.unreachable");
    expect(message).toMatch(/50[24]/);
    expect(agent.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("a person signs in, with a cookie for TLS alone, and is guarded as without a proxy", async () => {
    await using proxied = await startProxied();
    const { url, caPem } = proxied;
    const browser = openBrowser(url, url, from("127.0.0.2", caPem));
    const signedIn = await browser.signIn();
    expect(signedIn).toMatchObject({ status: 200 });
    expect(signedIn.headers["strict-transport-security"]).toBe("max-age=31536000");
    expect([signedIn.headers["set-cookie"] ?? []].flat()).toEqual([
      expect.stringMatching(/^__Host-better-auth\.session_token=.*; HttpOnly; Secure; SameSite=/),
      expect.stringMatching(/^__Host-novacula\.device=.*; HttpOnly; Secure; SameSite=/),
    ]);
    expect((await browser.graphql("{ viewer { user { email } } }")).data).toEqual({
      viewer: { user: { email: ADMIN.email } },
    });
    const { status, headers } = await browser.get("/api-keys", { accept: "text/html" });
    expect(status).toBe(200);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    const elsewhere = openBrowser(url, "https://elsewhere.example.com", from("127.0.0.2", caPem));
    expect(await elsewhere.signIn()).toMatchObject({ status: 403 });
  });

  it("the limit on sign-ins is of each client's own address, whatever the client says that it is", async () => {
    await using proxied = await startProxied();
    const { url, caPem, controlPlane } = proxied;
    const guess = async (address: string, forged?: string) => {
      const browser = openBrowser(url, url, from(address, caPem));
      const sent = { email: ADMIN.email, password: "a wrong password" };
      return (
        await browser.post("/sign-in/email", sent, forged === undefined ? {} : { "x-forwarded-for": forged })
      ).status;
    };
    const guesses: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      guesses.push(await guess("127.0.0.2"));
    }
    expect(guesses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await guess("127.0.0.2", "198.51.100.1")).toBe(429);
    expect(await guess("127.0.0.3")).toBe(401);
    expect(controlPlane.lines.join("\n")).toMatch(/"event":"sign-in.refused","address":"127\.0\.0\.3"/);
  });

  it("a refused executor is logged with its own address", async () => {
    await using proxied = await startProxied();
    const { url, caPem, controlPlane } = proxied;
    const client = new Client(url, from("127.0.0.4", caPem));
    await using _closed = { [Symbol.asyncDispose]: () => client.close() };
    const headers = { authorization: `Bearer ${makeKey()}`, "content-type": "application/json" };
    const body = JSON.stringify({ query: SYNC_EXECUTOR, variables: { input: SYNC_INPUT } });
    const forged = { ...headers, "x-forwarded-for": "198.51.100.1" };
    expect(await sendRaw(client, forged, body)).toMatchObject({ status: 401, reason: "unknown" });
    await eventually(() => controlPlane.refusedSyncs().length > 0, { describe: "the refusal" });
    expect(controlPlane.refusedSyncs()).toMatchObject([{ address: "127.0.0.4" }]);
  });
});
