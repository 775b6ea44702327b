import { expect, it, onTestFinished } from "vitest";
import { runCommand } from "../../../support/control-plane/control-plane.ts";
import {
  ADMIN,
  openBrowser,
  startPeopleServer,
  startWithPeople,
} from "../../../support/control-plane/people.ts";

const VIEWER = "{ viewer { role organizations { organization { slug } role } } }";

it("lets an operator list people, give an organization an owner, and reset a password", async () => {
  const controlPlane = await startWithPeople();
  onTestFinished(async () => void (await controlPlane.stop()));
  const run = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runCommand([...args, "--socket", controlPlane.socketPath]);
    return { exitCode, said: stdout + stderr };
  };
  expect((await run("people", "list")).said).toMatch(
    /E-MAIL +NAME +ROLES\nadmin@example\.com +admin +default \(owner\)/,
  );
  await run("org", "create", "bravo");
  expect(await run("people", "add", ADMIN.email, "--org", "bravo", "--role", "admin")).toEqual({
    exitCode: 0,
    said: "admin@example.com is admin of bravo.\n",
  });
  await run("people", "add", ADMIN.email, "--org", "bravo", "--role", "owner");
  const before = openBrowser(controlPlane.url);
  await before.signIn();
  expect((await before.graphql(VIEWER)).data).toEqual({
    viewer: {
      role: "owner",
      organizations: [
        { organization: { slug: "default" }, role: "owner" },
        { organization: { slug: "bravo" }, role: "owner" },
      ],
    },
  });
  const reset = await run("people", "reset-password", ADMIN.email.toUpperCase());
  const password = /^ {2}(\S{23})$/m.exec(reset.said)?.[1] ?? "";
  expect((await before.graphql(VIEWER)).data).toEqual({ viewer: null });
  expect((await openBrowser(controlPlane.url).signIn()).status).toBe(401);
  expect((await openBrowser(controlPlane.url).signIn(ADMIN.email, password)).status).toBe(200);
  expect(controlPlane.lines.join("\n")).not.toContain(password);
  const audit = await run("audit", "list", "--org", "bravo");
  expect(audit.said).toMatch(
    /person\.password_reset.*local operator[\s\S]*member\.role_changed[\s\S]*member\.joined/,
  );
  expect(audit.said).not.toContain(password);
  expect(await run("people", "add", "nobody@example.com", "--org", "bravo")).toMatchObject({
    exitCode: 4,
    said: expect.stringContaining(
      "nobody has an account with the address nobody@example.com: run people list",
    ),
  });
  expect((await run("people", "add", ADMIN.email, "--role", "king")).exitCode).toBe(64);
});

it("ignores other values for the first admin at later starts", async () => {
  const first = await startWithPeople({
    directory: (await import("../../../support/temp-dir.ts")).tempDir(),
  });
  await first.stop();
  const second = await startWithPeople({
    directory: first.directory,
    env: { INITIAL_ADMIN_EMAIL: "other@example.com", INITIAL_ADMIN_PASSWORD: "another long password" },
  });
  onTestFinished(async () => void (await second.stop()));
  expect((await openBrowser(second.url).signIn()).status).toBe(200);
  expect((await openBrowser(second.url).signIn("other@example.com", "another long password")).status).toBe(
    401,
  );
});

it("makes the first admin the owner of every organization that existed before", async () => {
  const directory = (await import("../../../support/temp-dir.ts")).tempDir();
  const { startControlPlane } = await import("../../../support/control-plane/control-plane.ts");
  const before = await startControlPlane({ directory });
  await before.createOrganization("acme");
  await before.createOrganization("bravo");
  await before.stop();
  const after = await startWithPeople({ directory });
  onTestFinished(async () => void (await after.stop()));
  const browser = openBrowser(after.url);
  await browser.signIn();
  expect((await browser.graphql(VIEWER)).data).toEqual({
    viewer: {
      role: "owner",
      organizations: [
        { organization: { slug: "acme" }, role: "owner" },
        { organization: { slug: "bravo" }, role: "owner" },
      ],
    },
  });
});

it("asks for the organization only if there are several, and refuses an unknown one", async () => {
  const server = await startPeopleServer();
  expect((await server.manage("{ apiKeys { id } }")).data).toEqual({ apiKeys: [] });
  await server.createOrganization("bravo");
  expect(await server.manage("{ apiKeys { id } }")).toMatchObject({
    code: "BAD_USER_INPUT",
    message: "there are several organizations: name one by id or slug",
  });
  expect(await server.manage('{ apiKeys(organization: "none") { id } }')).toMatchObject({
    code: "NOT_FOUND",
  });
});

it("changes a role with people add only if --role is given, and keeps the last owner", async () => {
  const controlPlane = await startWithPeople();
  onTestFinished(async () => void (await controlPlane.stop()));
  const run = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runCommand([...args, "--socket", controlPlane.socketPath]);
    return { exitCode, said: stdout + stderr };
  };
  await run("org", "create", "bravo");
  const add = (...args: string[]) => run("people", "add", ADMIN.email, ...args);
  expect(await add("--org", "default")).toEqual({
    exitCode: 0,
    said: "admin@example.com is already owner of default: nothing changed. To change the role, give --role.\n",
  });
  expect(await add("--org", "default", "--role", "owner")).toEqual({
    exitCode: 0,
    said: "admin@example.com is already owner of default: nothing changed.\n",
  });
  for (const role of ["member", "admin"]) {
    expect(await add("--org", "default", "--role", role)).toMatchObject({
      exitCode: 1,
      said: expect.stringContaining(
        "admin@example.com is the only owner of Default: make somebody else an owner first",
      ),
    });
  }
  expect((await run("audit", "list", "--org", "default")).said).not.toContain("member.");
  expect((await add("--org", "bravo")).said).toBe("admin@example.com is member of bravo.\n");
  expect((await add("--org", "bravo")).said).toMatch(/^admin@example.com is already member of bravo/);
  expect((await add("--org", "bravo", "--role", "owner", "--json")).said).toMatch(/"role": "owner"/);
  const events = (await run("audit", "list", "--org", "bravo", "--json")).said;
  expect(JSON.parse(events)).toMatchObject({
    events: [
      { action: "member.role_changed", actorId: null, details: { role: "owner" } },
      { action: "member.joined", actorId: null, details: { role: "member" } },
    ],
  });
});
