import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { runControlPlane, startControlPlane } from "../../support/control-plane/control-plane.ts";

async function started() {
  const controlPlane = await startControlPlane();
  onTestFinished(async () => void (await controlPlane.stop()));
  const audit = (...args: string[]) =>
    runControlPlane(["audit", "export", "--socket", controlPlane.socketPath, ...args]);
  return { controlPlane, audit };
}

/** Writes `count` events as an earlier time would have left them. */
function fill(path: string, organizationId: string, count: number, targetName = "prod"): void {
  const database = new DatabaseSync(path);
  database.exec("begin");
  const insert =
    database.prepare(`insert into auditEvent (id, organizationId, at, actor, action, targetType, targetId,
    targetName, details, source) values (?, ?, ?, 'Olga', 'api_key.created', 'api_key', 'k1', ?, '{}', 'local')`);
  for (let n = 0; n < count; n += 1) {
    insert.run(`${targetName} ${organizationId} ${n}`, organizationId, n, targetName);
  }
  database.exec("commit");
  database.close();
}

const parsed = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Object(JSON.parse(line)));

describe("audit export", { timeout: 180_000 }, () => {
  it("prints every event once, oldest first, over many pages, and goes on where the last one ended", async () => {
    const { controlPlane, audit } = await started();
    const { id } = await controlPlane.createOrganization("acme");
    const { id: other } = await controlPlane.createOrganization("zeta");
    fill(controlPlane.databasePath, id, 1203);
    fill(controlPlane.databasePath, other, 700);
    const whole = await audit();
    const numbers = parsed(whole.stdout).map(({ number }) => number);
    expect(numbers).toHaveLength(1903);
    expect(numbers).toEqual(numbers.toSorted((one, two) => one - two));
    expect(new Set(numbers).size).toBe(1903);
    const last = numbers.at(-1);
    expect(whole.stderr).toBe(
      `1903 events. The next ones: novacula-control-plane audit export --after ${last} --socket ${controlPlane.socketPath}\n`,
    );
    expect(parsed((await audit("--org", "zeta")).stdout).map(({ organization }) => organization)).toEqual(
      Array(700).fill("zeta"),
    );
    const rest = await audit("--after", String(last));
    expect(rest).toMatchObject({ exitCode: 0, stdout: "" });
    expect(rest.stderr).toContain(
      `0 events. The next ones: novacula-control-plane audit export --after ${last}`,
    );
    await controlPlane.createKey({ name: "new", org: "acme" });
    const [event, ...none] = parsed((await audit("--after", String(last))).stdout);
    expect(none).toEqual([]);
    expect(event).toMatchObject({
      number: expect.any(Number),
      organization: "acme",
      at: expect.stringMatching(/^\d{4}-.*Z$/u),
      action: "api_key.created",
      targetName: "new",
      details: expect.any(Object),
      damaged: [],
    });
    expect(event.number).toBeGreaterThan(last);
  });

  it("writes CSV in which no name becomes a formula or a column", async () => {
    const { controlPlane, audit } = await started();
    const { id } = await controlPlane.createOrganization("acme");
    fill(controlPlane.databasePath, id, 1, '=HYPERLINK("https://evil.example","a,b")');
    const { stdout, exitCode } = await audit("--format", "csv");
    const [head, ...lines] = stdout.split("\r\n");
    expect(exitCode).toBe(0);
    expect(head).toBe(
      '"number","organization","id","at","actor","actorId","action","targetType","targetId","targetName","details","source","damaged"',
    );
    expect(lines.at(-1)).toBe("");
    expect(lines[0]).toContain(`,"'=HYPERLINK(""https://evil.example"",""a,b"")",`);
  });

  it.each([["--after", "-1"], ["--after", "1e3"], ["--format", "xml"], ["--json"]])(
    "refuses %s %s as a usage error",
    async (...args) => {
      const { exitCode, stdout } = await runControlPlane(["audit", "export", ...args]);
      expect([exitCode, stdout]).toEqual([64, ""]);
    },
  );

  it("is for operators alone", async () => {
    const { controlPlane } = await started();
    const { secret } = await controlPlane.createKey();
    const answer = await fetch(`${controlPlane.url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ query: "{ auditEventsAfter { number } }" }),
    });
    expect(answer.status).toBe(403);
  });
});
