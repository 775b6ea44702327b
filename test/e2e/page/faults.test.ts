import { once } from "node:events";
import { request as ask, createServer, type Server } from "node:http";
import { describe, expect, it } from "vitest";
import { startControlPlane } from "../../support/control-plane/control-plane.ts";
import { peopleEnv, startWithPeople } from "../../support/control-plane/people.ts";
import { eventually } from "../../support/eventually.ts";
import { expectAccessible } from "../../support/page/axe.ts";
import { type AtEnd, lacksBrowser, openTab, setHidden, useBrowser } from "../../support/page/browser.ts";
import { rowOf, signIn } from "../../support/page/operator.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const browse = useBrowser();
/** What a browser logs about a server that is gone or answers 503. */
const GONE = /Failed to load resource|ERR_CONNECTION_REFUSED|503/;

// Concurrent, because they mostly wait for the page's next look.
describe.skipIf(lacksBrowser).concurrent("a control plane that is gone or broken", () => {
  it("is said above what was last seen, and the page comes back by itself", async ({ onTestFinished }) => {
    const { path: directory, remove } = temporaryDirectory();
    onTestFinished(remove);
    const first = await startWithPeople({ directory });
    await first.createKey({ name: "still shown" });
    const page = await browse({ mayLog: GONE, atEnd: onTestFinished });
    await signIn(page, first.url);
    await rowOf(page, "still shown").waitFor();
    await first.kill();
    await page.getByText(/^The control plane does not answer\. The data on this page is from/).waitFor();
    expect(await rowOf(page, "still shown").isVisible()).toBe(true);
    // A page that was never loaded has no data of any time, and one notice is enough.
    await page.getByRole("link", { name: "Executors" }).click();
    await page.getByText("This page appears as soon as it does.").waitFor();
    expect(await page.getByText(/does not answer|The data on this page/).count()).toBe(1);
    await page.getByRole("link", { name: "API keys" }).click();
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "New key" }).click();
    await dialog.getByLabel("Name").fill("not lost");
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog
      .getByRole("alert")
      .getByText(/does not answer.*It is not known whether this was done/)
      .waitFor();

    const second = await startWithPeople({ directory, port: first.port });
    onTestFinished(async () => void (await second.stop()));
    expect(await dialog.getByLabel("Name").inputValue()).toBe("not lost");
    await dialog.getByRole("button", { name: "Create" }).click();
    await page.getByRole("button", { name: "I’ve stored this key" }).click();
    await page.getByText(/The control plane does not answer/).waitFor({ state: "detached" });
    await rowOf(page, "not lost").waitFor();
  });

  it("answering 503 from the first look on has a page of its own, until it is fixed", async ({
    onTestFinished,
  }) => {
    const front = await startFront(onTestFinished);
    const page = await browse({ mayLog: GONE, atEnd: onTestFinished });
    await signIn(page, front.url);
    // So that it has data to show.
    await page.getByText("No API keys yet").waitFor();
    await settled(front);
    front.isBroken = true;
    const fresh = await openTab(page, { mayLog: GONE, atEnd: onTestFinished });
    await fresh.goto(`${front.url}/executors`);
    await fresh.getByRole("heading", { name: "The control plane cannot be reached" }).waitFor();
    await expectAccessible(fresh);
    await fresh.getByText(/answered 503: The database cannot be used just now/i).waitFor();
    await page.getByText(/answered 503.*The data on this page is from/).waitFor();
    await expectAccessible(page);
    front.isBroken = false;
    await fresh.getByRole("heading", { name: "Executors", exact: true }).waitFor();
    await page.getByText(/answered 503/).waitFor({ state: "detached" });
  });

  // Forty guess passwords at once, so everything is slow.
  it("whose queue of passwords is full says that, and neither that it is gone nor that something may be done", {
    timeout: 180_000,
  }, async ({ onTestFinished }) => {
    const controlPlane = await startWithPeople();
    onTestFinished(async () => void (await controlPlane.stop()));
    const page = await browse({ mayLog: /status of (401|503)/, atEnd: onTestFinished });
    await page.goto(controlPlane.url);
    const said = page.getByText(
      "Too many passwords are being checked at the moment: try again in a few seconds.",
    );
    let isOver = false;
    const crowd = Array.from({ length: 40 }, async (_, number) => {
      for (let turn = 0; !isOver; turn += 1) {
        await guess(controlPlane.url, number, turn);
      }
    });
    try {
      for (let turn = 0; turn < 20 && (await said.count()) === 0; turn += 1) {
        await page.getByLabel("E-mail").fill(`somebody${turn}@example.com`);
        await page.getByLabel("Password").fill("a long password of theirs");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("alert").waitFor();
      }
      await said.waitFor();
    } finally {
      isOver = true;
      await Promise.all(crowd);
    }
    expect(await page.getByText(/The data on this page is from|is not known/).count()).toBe(0);
  });

  it("is not asked while the tab is hidden", async ({ onTestFinished }) => {
    const front = await startFront(onTestFinished);
    const page = await browse({ atEnd: onTestFinished });
    await signIn(page, front.url);
    await page.getByText("No API keys yet").waitFor();
    await setHidden(page, true);
    await settled(front);
    const before = front.asked;
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(front.asked).toBe(before);
    await setHidden(page, false);
    await eventually(() => front.asked > before, { describe: "it is asked again" });
  });
});

interface Front {
  readonly url: string;
  /** How often /graphql was asked. */
  readonly asked: number;
  isBroken: boolean;
}

/** Waits until no request is under way. */
async function settled(front: Front): Promise<void> {
  let last = -1;
  while (front.asked !== last) {
    last = front.asked;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** A sign-in attempt from a network of its own, as a proxy on this host reports it. */
async function guess(url: string, network: number, turn: number): Promise<void> {
  const answer = await fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: {
      origin: url,
      "content-type": "application/json",
      "x-forwarded-for": `198.51.${turn % 256}.${network}`,
    },
    body: JSON.stringify({ email: `guess${network}-${turn}@example.com`, password: "a wrong password" }),
  });
  await answer.arrayBuffer();
}

/** A proxy in front of a real control plane that can answer 503 in its place. */
async function startFront(atEnd: AtEnd): Promise<Front> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${portOf(server)}`;
  const controlPlane = await startControlPlane({ env: peopleEnv(url) });
  atEnd(async () => {
    server.close();
    server.closeAllConnections();
    await controlPlane.stop();
  });
  const front = { url, asked: 0, isBroken: false };
  server.on("request", (request, response) => {
    if (request.url === "/graphql") {
      front.asked += 1;
    }
    if (front.isBroken && request.method === "POST") {
      response.writeHead(503, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: [{ message: "the database cannot be used just now" }] }));
      return;
    }
    const passed = ask(
      `${controlPlane.url}${request.url}`,
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  });
  return front;
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}
