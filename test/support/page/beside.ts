import { request } from "undici";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import * as z from "zod";
import { delay } from "../../../src/lib/delay.ts";
import { SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import { noteKey } from "../canary.ts";
import type { ControlPlaneOptions, TestControlPlane } from "../control-plane/control-plane.ts";
import { SYNC_INPUT } from "../control-plane/control-plane-server.ts";
import { type Browser, openBrowser, startWithPeople } from "../control-plane/people.ts";
import { lacksBrowser } from "./browser.ts";

/** What exists outside of the page: the control plane, its executors, other people. */

/** One control plane for the tests of a file. */
export function useControlPlane(options: ControlPlaneOptions = {}): () => TestControlPlane {
  let controlPlane: TestControlPlane | undefined;
  beforeAll(async () => {
    if (!lacksBrowser) {
      controlPlane = await startWithPeople(options);
    }
  });
  afterAll(async () => void (await controlPlane?.stop()));
  return () => {
    if (controlPlane === undefined) {
      throw new Error("there is no control plane");
    }
    return controlPlane;
  };
}

/** One sync, as an agent called `name` makes it. */
export async function syncAs(url: string, secret: string, name: string, input: object = {}): Promise<number> {
  const variables = { input: { ...SYNC_INPUT, name, instanceId: `instance of ${name}`, ...input } };
  const { statusCode, body } = await request(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ query: SYNC_EXECUTOR, variables }),
  });
  await body.dump();
  return statusCode;
}

const BEAT_MS = 300;

/** Keeps processes online by syncing as each of them, until the returned function is called. */
export function keepSyncing(
  url: string,
  secret: string,
  name: string,
  processes: readonly object[] = [{}],
): () => Promise<void> {
  const stopped = new AbortController();
  const beating = (async () => {
    while (!stopped.signal.aborted) {
      for (const input of processes) {
        await syncAs(url, secret, name, input);
      }
      await delay(BEAT_MS, stopped.signal);
    }
  })();
  const stop = async () => {
    stopped.abort();
    await beating;
  };
  onTestFinished(stop);
  return stop;
}

/** An admin who sends requests without a page. */
export async function adminAtWork(url: string): Promise<Browser> {
  const admin = openBrowser(url);
  await admin.signIn();
  return admin;
}

const issued = z.object({ issued: z.object({ apiKey: z.object({ id: z.string() }), secret: z.string() }) });

export async function issueKey(
  admin: Browser,
  input: { readonly name: string; readonly expiresAt?: number; readonly target?: string },
): Promise<{ readonly id: string; readonly secret: string }> {
  const document = `mutation($input: CreateApiKeyInput!) {
    issued: createApiKey(input: $input) { apiKey { id } secret }
  }`;
  const { apiKey, secret } = issued.parse((await admin.graphql(document, { input })).data).issued;
  noteKey(secret);
  return { id: apiKey.id, secret };
}

const invited = z.object({ id: z.string() });

/** Invites a person with this role, who creates an account. */
export async function inviteAndAccept(
  url: string,
  email: string,
  role: "admin" | "member",
  name = email,
): Promise<{ readonly email: string; readonly password: string }> {
  const admin = await adminAtWork(url);
  const invitation = invited.parse((await admin.post("/organization/invite-member", { email, role })).body);
  const password = `the long password of ${email}`;
  const person = openBrowser(url);
  const answer = await person.post("/invitation/accept-as-new", {
    invitationId: invitation.id,
    name,
    password,
  });
  if (answer.status !== 200) {
    throw new Error(`not accepted: ${answer.text}`);
  }
  return { email, password };
}
