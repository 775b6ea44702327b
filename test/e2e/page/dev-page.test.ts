import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { openPage } from "../../../src/agent/cli/dev/browser-offer.ts";
import { startDev } from "../../support/agent/dev-process.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { expectAccessible } from "../../support/page/axe.ts";
import { lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import { rowOf, statusOf } from "../../support/page/operator.ts";
import { HOST_BASE, temporaryDirectory } from "../../support/temp-dir.ts";

const open = useBrowser();

describe.skipIf(lacksBrowser)("the page of dev", { timeout: 180_000 }, () => {
  it("opens signed in, from a file that only its owner reads, with the executor online", async () => {
    using directory = temporaryDirectory(HOST_BASE);
    const port = await freePort();
    await using dev = startDev(join(directory.path, "dev"), port);
    await dev.fingerprint();
    const link = await dev.waitFor(/^ {2}(http:\S+\/sign-in#\S+)$/mu);
    const token = link.split("#")[1] ?? "none";
    const foreign = await request(`http://127.0.0.1:${port}/`, { headers: { host: `evil.example:${port}` } });
    await foreign.body.dump();
    expect(foreign.statusCode).toBe(421);

    const { path, mode, argv } = await openedFile(directory.path, link);
    expect(mode).toBe(0o600);
    expect(argv).not.toContain(token);
    const page = await open();
    await page.goto(pathToFileURL(path).href);
    await page.getByRole("heading", { name: "Rotate the key, without interruption" }).waitFor();
    expect(page.url()).toBe(`http://127.0.0.1:${port}/executors`);
    expect(await statusOf(page, "agent-1").textContent()).toBe("Online");
    expect(await rowOf(page, "agent-1").count()).toBe(1);
    await expectAccessible(page);
    // It polls: a request to a control plane that has ended would be a complaint.
    await page.close();
    expect(await dev.end("SIGINT", "group")).toBe(0);
  });
});

/** What a browser gets: a program that notes its arguments stands for it. */
async function openedFile(folder: string, link: string) {
  const opener = join(folder, "opener");
  const noted = join(folder, "argv");
  writeFileSync(opener, `#!/bin/sh\nprintf %s "$*" > ${noted}.new && mv ${noted}.new ${noted}\n`, {
    mode: 0o700,
  });
  const ended = new AbortController();
  const opening = openPage({ folder, link: async () => link, opener }, ended.signal);
  const argv = await eventually(() => (existsSync(noted) ? readFileSync(noted, "utf8") : undefined), {
    describe: "a started browser",
  });
  const mode = statSync(argv).mode & 0o777;
  const path = join(folder, "copy.html");
  writeFileSync(path, readFileSync(argv), { mode: 0o600 });
  ended.abort();
  await opening;
  expect(existsSync(argv)).toBe(false);
  return { path, mode, argv };
}
