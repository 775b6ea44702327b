import { describe, expect, it } from "vitest";
import { nodeBinary } from "../../../packaging/executable.ts";
import { ADMIN, SECRET } from "../../support/control-plane/people.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

/**
 * systemd reads a number in angle brackets at the beginning of a line as its priority, and an EMERG
 * line goes to every terminal of the host. No text from outside may begin a line.
 */
const FORGED = 'x\n<0>FORGED {"level":"fatal"}\r<0>FORGED\u2028<0>FORGED\u0085<0>FORGED';

/**
 * Sends the forged text in every place that a client can put one, signed in, with a good key and
 * with none.
 */
const HOSTILE_CLIENT = `
const FORGED = ${JSON.stringify(FORGED)};
const [key, email, password] = process.argv.slice(1);
const origin = "http://127.0.0.1:3000";
const url = encodeURIComponent(FORGED);
async function send(path, init = {}) {
  const answer = await fetch(origin + path, { redirect: "manual", ...init }).catch((error) => error);
  return answer;
}
const json = (body, headers = {}) =>
  ({ method: "POST", headers: { "content-type": "application/json", origin, ...headers }, body: JSON.stringify(body) });
(async () => {
  const signedIn = await send("/api/auth/sign-in/email", json({ email, password }));
  if (signedIn.status !== 200) throw new Error("signing in: " + signedIn.status + " " + (await signedIn.text()));
  const cookie = signedIn.headers.getSetCookie().map((line) => line.split(";", 1)[0]).join("; ");
  const paths = ["get-session", "organization/list", "organization/list-members", "organization/get-invitation",
    "organization/get-full-organization", "organization/" + url, url];
  for (const path of paths) for (const name of ["sortBy", "filterField", "organizationId", "id", url])
    await send("/api/auth/" + path + "?" + name + "=" + url, { headers: { cookie, "user-agent": "x <0>FORGED" } });
  const posts = ["sign-in/email", "change-password", "organization/invite-member", "organization/cancel-invitation",
    "organization/accept-invitation", "organization/remove-member", "organization/update-member-role",
    "organization/set-active", "invitation/accept-as-new"];
  const body = Object.fromEntries(["email", "password", "role", "invitationId", "memberId", "memberIdOrEmail", "name",
    "organizationId", "currentPassword", "newPassword", FORGED].map((name) => [name, FORGED]));
  for (const path of posts) for (const headers of [{ cookie }, {}]) {
    await send("/api/auth/" + path, json(body, headers));
    await send("/api/auth/" + path, json({ email: { toString: null }, role: [FORGED] }, headers));
    await send("/api/auth/" + path, { ...json(body, headers), body: FORGED });
  }
  const sync = "mutation($input: SyncExecutorInput!) { syncExecutor(input: $input) { executor { id } } }";
  const input = { name: FORGED, kind: "agent", version: FORGED, channel: "stable", instanceId: FORGED, hostName: FORGED,
    capabilities: { supportedChains: [], features: [], storageClasses: [] },
    resources: { cpuCount: 1, memoryTotalBytes: 1, memoryFreeBytes: 1 } };
  for (const authorization of ["Bearer " + key, "Bearer exc_unknown", "Bearer exc_<0>FORGED"]) {
    const headers = { authorization, "x-forwarded-for": "<0>FORGED" };
    await send("/graphql", json({ query: sync, variables: { input } }, headers));
    await send("/graphql", json({ query: FORGED }, headers));
    await send("/graphql", json({ query: "{ " + FORGED + " }", operationName: FORGED }, headers));
    await send("/graphql", { ...json({}, headers), body: FORGED });
  }
  await send("/graphql", json({ query: "mutation($n: String) { createApiKey(input: { name: $n }) { secret } }",
    variables: { n: FORGED } }, { cookie }));
  console.log("sent");
})();
`;

/** A control plane that puts the forged text into everything that it answers. */
const HOSTILE_SERVER = `
const { createServer } = require("node:http");
const FORGED = ${JSON.stringify(FORGED)};
const errors = (code, status, extensions = {}) => [status, { errors: [{ message: FORGED,
  extensions: { code, reason: FORGED, ...extensions } }], data: null }];
const reply = { executor: { id: FORGED, name: FORGED }, key: { id: FORGED, name: FORGED, expiresAt: 1, revokesAt: 2 },
  organization: { id: FORGED, name: FORGED, slug: FORGED }, heartbeatTimeoutMs: 30000, syncIntervalMs: 1000,
  restartSpreadMs: 0, compatibility: { verdict: FORGED, recommendedVersion: FORGED },
  duplicates: [{ instanceId: FORGED, hostName: FORGED, address: FORGED, lastSyncAt: 1 }], pendingUpgrade: null };
const accepted = (verdict) => [200, { data: { syncExecutor: { ...reply,
  compatibility: { verdict, recommendedVersion: FORGED } } } }];
const answers = [accepted("deprecated"), errors("UNAUTHENTICATED", 401), accepted("supported"),
  errors("FORBIDDEN", 403), errors(FORGED, 500), [502, FORGED], [200, FORGED], errors("UNAUTHENTICATED", 200,
  { originalError: { message: FORGED, statusCode: 401 } })];
let next = 0;
createServer((request, response) => {
  request.resume().on("end", () => {
    const [status, body] = answers[next++ % answers.length];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
}).listen(3001, "127.0.0.1");
`;

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("forged log lines on $title", (release) => {
  const options = [`--bind-ro=${nodeBinary()}:/opt/node`];

  it("no request makes an EMERG line of the control plane's, or a line that is not its own", async () => {
    const { host, key } = await ExecutorHost.online(release, { options });
    const { machine } = host;
    await machine.sh(
      "cat > /etc/default/novacula-control-plane; systemctl restart novacula-control-plane; novacula-control-plane org list",
      [
        "LOG_LEVEL=debug",
        "BETTER_AUTH_URL=http://127.0.0.1:3000",
        `BETTER_AUTH_SECRET="${SECRET}"`,
        `INITIAL_ADMIN_EMAIL=${ADMIN.email}`,
        `INITIAL_ADMIN_PASSWORD="${ADMIN.password}"`,
        "",
      ].join("\n"),
    );
    const sent = await machine.run([
      "/opt/node",
      "-e",
      HOSTILE_CLIENT,
      key.secret,
      ADMIN.email,
      ADMIN.password,
    ]);
    expect(sent).toBe("sent");
    const lines = await journal(host, "novacula-control-plane.service");
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter(({ priority }) => priority < 3)).toEqual([]);
    expect(lines.filter(({ message }) => !isOneRecord(message))).toEqual([]);
  });

  it("no answer makes an EMERG line of the agent's, or a line that is not its own", async () => {
    const { host } = await ExecutorHost.online(release, { options });
    const { machine } = host;
    await machine.run(["systemd-run", "--quiet", "/opt/node", "-e", HOSTILE_SERVER]);
    const other = await host.createKey("other");
    await host.writeConfig(
      `[control_plane]\nurl = "http://127.0.0.1:3001"\naccess_token = "${other.secret}"\nsync_interval_secs = 1\n`,
    );
    await machine.run(["systemctl", "restart", "novacula-agent"]);
    await machine.sh("for i in $(seq 20); do novacula-agent retry >/dev/null 2>&1 || true; sleep 0.2; done");
    const lines = await journal(host, "novacula-agent.service");
    expect(lines.some(({ message }) => message.includes("FORGED"))).toBe(true);
    expect(lines.filter(({ priority }) => priority < 3)).toEqual([]);
    expect(lines.filter(({ message }) => /^\s*(?:<\d|FORGED)/.test(message))).toEqual([]);
  });
});

async function journal(host: ExecutorHost, unit: string) {
  const text = await host.machine.sh(
    `journalctl --sync; journalctl -b _SYSTEMD_UNIT=${unit} -o json --output-fields=MESSAGE,PRIORITY --all --no-pager`,
  );
  return text.split("\n").map((line) => {
    const { MESSAGE, PRIORITY }: { MESSAGE: unknown; PRIORITY: string } = JSON.parse(line);
    return { message: String(MESSAGE), priority: Number(PRIORITY) };
  });
}

/** An event of the control plane, or a further line of one, which is indented. */
function isOneRecord(line: string): boolean {
  return /^(?: {2}|[a-z-]+(?:\.[a-z-]+)*: )/u.test(line) && !/^\s*(?:<\d|FORGED)/u.test(line);
}
