import { describe, expect, it } from "vitest";
import { render } from "../../../support/agent/agent-process.ts";
import { setScene } from "../../../support/agent/agent-scene.ts";
import { empty, failure, html, json } from "../../../support/agent/behaviours.ts";
import { command } from "../../../support/agent/command.ts";
import type { Behaviour } from "../../../support/agent/faulty-server.ts";
import { marked } from "../../../support/agent/marked.ts";
import { notifications, notifyWrapper } from "../../../support/agent/notify-receiver.ts";
import { eventually } from "../../../support/eventually.ts";
import { plainly } from "../../../support/only-for.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

/**
 * Something takes the place of a control plane that marks its answers. Every command says what the
 * server said, and nobody judges the key.
 */

const WAIT_MS = 60_000;
const LIMIT = { "retry-after": "300" };

const text =
  (status: number, words: string): Behaviour =>
  ({ response }) => {
    response.writeHead(status, { "content-type": "text/plain" }).end(words);
  };

const CASES: readonly (readonly [name: string, behaviour: Behaviour, words: string])[] = [
  [
    "401 in the product's form",
    json(401, { statusCode: 401, message: "Unauthorized" }),
    '401: "Unauthorized"',
  ],
  [
    "401 with a reason of the product's",
    json(401, failure("UNAUTHENTICATED", { reason: "revoked" }, null)),
    '401: "Unauth',
  ],
  [
    "200 with an error of the product's",
    json(200, failure("UNAUTHENTICATED", {}, null)),
    '200: "Unauthorized"',
  ],
  [
    "403 in the product's form",
    json(403, { statusCode: 403, message: "No", error: "Forbidden" }),
    '403: "No"',
  ],
  [
    "401 with a realm",
    json(401, { message: "Hi" }, { "www-authenticate": 'Basic realm="Lab"' }),
    '401 ("Hi")',
  ],
  ["403 with a policy", json(403, { code: "DENIED", message: "by policy 7" }), '403 ("by policy 7")'],
  ["401 with a page", html(401, "Sign in to Corp"), '401 ("Sign in to Corp")'],
  [
    "403 with a spent quota",
    json(403, { statusCode: 403, message: "Out of call volume quota" }, LIMIT),
    "volume quota",
  ],
  ["200 with a page", html(200, "Welcome to Hotel"), '200 OK with a page titled "Welcome to Hotel"'],
  [
    "200 with other JSON",
    json(200, { message: "back at 18:00" }),
    'JSON that is not GraphQL ("back at 18:00")',
  ],
  ["200 with text", text(200, "It works"), '("It works")'],
  [
    "a redirect to a sign-in",
    empty(302, { location: "https://sso.example/a?k=1" }),
    "redirect to https://sso.example,",
  ],
  ["a redirect to a path", empty(307, { location: "/login" }), "307, a redirect to another path"],
  ["429 with a long wait", json(429, { message: "tenant 9" }, LIMIT), 'fewer requests (429) ("tenant 9")'],
  ["429 with text", text(429, "tenant 9 is too fast"), '(429) ("tenant 9 is too fast")'],
  ["503 with a page and a long wait", html(503, "Back at 18:00", LIMIT), 'titled "Back at 18:00"'],
  ["503 with JSON", json(503, { message: "pool 4 is empty" }), '("pool 4 is empty")'],
  ["502 with text", text(502, "no healthy upstream"), '("no healthy upstream")'],
  ["400 with JSON", json(400, { error: "tenant header missing" }), '("tenant header missing")'],
  ["404 with JSON", json(404, { message: "no Route matched" }), '("no Route matched")'],
];

describe.concurrent("a gateway in the place of a control plane that marks its answers", {
  timeout: 180_000,
}, () => {
  it.each(CASES)("%s: everybody quotes the server, and the key stays", async (_name, behaviour, words) => {
    await using folder = temporaryDirectory();
    await using scene = await setScene({ wrapper: notifyWrapper("socket", folder.path) }, marked(plainly));
    const { server, agent, home } = scene;
    const { key } = await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
    server.respond(behaviour);
    await agent.waitForStatus(({ state }) => state === "unreachable", WAIT_MS);

    const run = (...words_: readonly string[]) => command([...words_, "-c", home.configPath]);
    const [status, asJson, check, doctor] = await Promise.all([
      run("status"),
      run("status", "--json"),
      run("check", "--online"),
      run("doctor"),
    ]);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ state: "unreachable", key });
    expect(JSON.parse(asJson.stdout).reason).toContain(words);
    expect(status.stdout).toContain(words);
    expect(status.stdout).toContain(" answers, but cannot serve, since ");
    expect(check.stdout).toContain(words);
    expect(check.stdout).toContain(" gave no verdict on the key: ");
    expect(check.code).toBe(2);
    expect(doctor.stdout).toContain(words);
    expect(doctor.stdout).toMatch(/^bad +executor .*did not serve it/m);
    expect(doctor.stdout).not.toMatch(/^bad +(?:key|authentication) /m);
    expect(doctor.code).toBe(1);
    await eventually(() => notifications(folder.path).some((each) => each.includes(words)), {
      describe: () => notifications(folder.path).join("\n"),
      timeoutMs: WAIT_MS,
    });
    const { level, message } = await agent.waitForLine("control-plane.unreachable");
    expect({ level, message }).toMatchObject({ level: "warn", message: expect.stringContaining(words) });

    server.respond(marked(plainly));
    await agent.post("retry");
    await agent.waitForStatus(({ state }) => state === "online", WAIT_MS);
    expect(
      agent.lines.filter((line) => /^key\.(?:refused|forbidden)$|^error$/.test(line.event)),
      render(agent.lines),
    ).toEqual([]);
    expect(agent.lines.filter((line) => line.level === "error")).toEqual([]);
  });
});
