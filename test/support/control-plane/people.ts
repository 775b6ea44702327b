import { hashPassword } from "better-auth/crypto";
import { pino } from "pino";
import { Client, type Dispatcher } from "undici";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { ErrorDisclosure } from "../../../src/control-plane/http/error-disclosure.ts";
import { createPeople, type PeopleDeps } from "../../../src/control-plane/people/people.ts";
import type { ServerDeps } from "../../../src/control-plane/server.ts";
import { randomId } from "../../../src/lib/random-id.ts";
import type { Role } from "../../../src/protocol/roles.ts";
import { SHOWN_ORGANIZATION_HEADER } from "../../../src/protocol/shown-organization.ts";
import { freePort } from "../free-port.ts";
import { tempDir } from "../temp-dir.ts";
import { type ControlPlaneOptions, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { startServer, type TestServer } from "./control-plane-server.ts";
import { ageFailures } from "./store/failure-forms.ts";
import { openByUrl } from "./store/open-by-url.ts";
import { databaseUrlFor, isOnPostgres, sqlIn } from "./test-database.ts";

export const ADMIN = { email: "admin@example.com", password: "an admin's long password" } as const;
export const SECRET = "a secret that signs the sessions of tests alone";

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The whole body, if it is JSON. */
  readonly body: unknown;
  /** `data` of a GraphQL answer. */
  readonly data: unknown;
  /** `extensions.code` of the first error, or the `code` of an answer of /api/auth. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** Added to Cookie and Origin, or replacing them. An empty value removes the header. */
type ExtraHeaders = Readonly<Record<string, string>>;

export interface Browser {
  /** The Cookie header that it sends; undefined without cookies. */
  readonly cookie: string | undefined;
  graphql(
    query: string,
    variables?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PageAnswer>;
  /** `path` is relative to /api/auth. */
  post(path: string, body: unknown, headers?: ExtraHeaders): Promise<PageAnswer>;
  get(path: string, headers?: ExtraHeaders): Promise<PageAnswer>;
  signIn(email?: string, password?: string): Promise<PageAnswer>;
}

const graphqlBody = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).optional(),
});
const viewerBody = z.object({
  viewer: z.object({ activeOrganization: z.object({ id: z.string() }).nullable() }).nullable(),
});
const authBody = z.object({ code: z.string(), message: z.string() });

/** The environment of a control plane with sign-in; `origin` is the page's. */
export function peopleEnv(origin: string): Readonly<Record<string, string>> {
  return {
    BETTER_AUTH_URL: origin,
    BETTER_AUTH_SECRET: SECRET,
    INITIAL_ADMIN_EMAIL: ADMIN.email,
    INITIAL_ADMIN_PASSWORD: ADMIN.password,
  };
}

/** The real program with sign-in, on a free port. The caller stops it. */
export async function startWithPeople(options: ControlPlaneOptions = {}): Promise<TestControlPlane> {
  const port = options.port ?? (await freePort());
  const scheme = options.tls === undefined ? "http" : "https";
  return startControlPlane({
    ...options,
    port,
    env: { ...peopleEnv(`${scheme}://127.0.0.1:${port}`), ...options.env },
  });
}

/** The page's origin for the browsers of `startPeopleServer`. */
export const ORIGIN = "http://cp.test";
export const PASSWORD = "everybody's password in tests";
const passwordHash = hashPassword(PASSWORD);

export interface PeopleServer extends TestServer {
  readonly authDatabase: PeopleDeps["authDatabase"];
  readonly people: {
    readonly lines: readonly string[];
    /** Shifts the wall clock, in addition to `clock`, which shifts both clocks. */
    readonly wall: { offsetMs: number };
  };
  /** A new member of the organization with that slug, signed in. */
  signedIn(role: Role, slug?: string, email?: string): Promise<Browser & { readonly email: string }>;
  browser(origin?: string): Browser;
  /** Lets so much time pass for failed attempts to sign in, wherever they are counted. */
  passForFailures(ms: number): Promise<void>;
}

/**
 * The control plane in this process, with sign-in and the organization acme. `ca` is the
 * certificate that browsers trust, PEM.
 */
export async function startPeopleServer(
  overrides: Partial<ServerDeps> &
    Pick<Partial<PeopleDeps>, "origin" | "setKeyCommand"> & { readonly ca?: string } = {},
): Promise<PeopleServer> {
  const directory = tempDir();
  const { origin = ORIGIN, ca, setKeyCommand, ...deps } = overrides;
  const store = await openByUrl(await databaseUrlFor(directory));
  const authDatabase = store.betterAuthDatabase();
  const lines: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const clock = { now: () => Date.now() };
  const wall = { offsetMs: 0 };
  const people = createPeople({
    store,
    authDatabase,
    logger,
    errors: new ErrorDisclosure(logger, () => clock.now()),
    origin,
    secret: SECRET,
    setKeyCommand,
    now: () => clock.now() + wall.offsetMs,
    monotonicNow: () => clock.now(),
  });
  const server = await startServer({ store, people, ...deps }, directory);
  clock.now = server.clock.now;
  await server.createOrganization("acme");
  const trust = ca === undefined ? {} : { connect: { ca } };
  const browser = (from = origin) => openBrowser(server.url, from, trust);
  return {
    ...server,
    authDatabase,
    people: { lines, wall },
    browser,
    async passForFailures(ms) {
      if (isOnPostgres()) {
        await ageFailures({ sql: (text, ...values) => sqlIn(directory, text, ...values) }, ms);
      } else {
        server.clock.offsetMs += ms;
      }
    },
    async signedIn(
      role,
      slug = "acme",
      email = `${role}-${slug}-${randomId().slice(-6)}@example.com`.toLowerCase(),
    ) {
      const hash = await passwordHash;
      await store.transaction(async (transaction) => {
        const person = { id: randomId(), name: role, email, passwordHash: hash, createdAt: Date.now() };
        await transaction.people.insert(person);
        const organization = await transaction.organizations.find(slug);
        if (organization === undefined) {
          throw new Error(`there is no organization ${slug}`);
        }
        await transaction.people.insertMember(organization.id, person.id, role, Date.now());
      });
      const own = browser();
      const answer = await own.signIn(email, PASSWORD);
      if (answer.status !== 200) {
        throw new Error(`signing in failed: ${answer.text}`);
      }
      return Object.assign(own, { email });
    },
  };
}

/** Keeps cookies and sends requests as a page of `origin` does. */
export function openBrowser(url: string, origin = url, connection: Client.Options = {}): Browser {
  const client = new Client(url, connection);
  onTestFinished(() => client.close());
  const cookies = new Map<string, string>();
  const cookie = () =>
    cookies.size === 0 ? undefined : [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  let known: string | undefined;
  /** As on a page, a change names the active organization, which is read once. */
  const shownOrganization = async (path: string, body: unknown): Promise<string | undefined> => {
    if (cookie() === undefined || !isChange(path, body)) {
      return undefined;
    }
    if (known === undefined) {
      const viewer = await send(
        "POST",
        "/graphql",
        { query: "{ viewer { activeOrganization { id } } }" },
        {},
      );
      known = viewerBody.safeParse(viewer.data).data?.viewer?.activeOrganization?.id;
    }
    return known;
  };
  const send = async (
    method: Dispatcher.HttpMethod,
    path: string,
    body: unknown,
    extra: ExtraHeaders,
  ): Promise<PageAnswer> => {
    const sent = cookie();
    const shown = extra[SHOWN_ORGANIZATION_HEADER] === undefined ? await shownOrganization(path, body) : "";
    const headers = {
      ...(sent === undefined ? {} : { cookie: sent }),
      ...(shown === undefined ? {} : { [SHOWN_ORGANIZATION_HEADER]: shown }),
      ...(method === "GET" ? {} : { origin, "content-type": "application/json" }),
      ...extra,
    };
    const response = await client.request({
      method,
      path,
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== "")),
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    keepCookies(cookies, response.headers["set-cookie"]);
    if (MAY_SWITCH.test(path)) {
      known = undefined;
    }
    return { status: response.statusCode, headers: response.headers, text, ...read(text) };
  };
  const post: Browser["post"] = (path, body, headers = {}) => send("POST", `/api/auth${path}`, body, headers);
  return {
    get cookie() {
      return cookie();
    },
    graphql: (query, variables = {}, headers = {}) => send("POST", "/graphql", { query, variables }, headers),
    post,
    get: (path, headers = {}) => send("GET", path, undefined, headers),
    signIn: (email = ADMIN.email, password = ADMIN.password) => post("/sign-in/email", { email, password }),
  };
}

const MAY_SWITCH = /\/(?:sign-in|sign-out|set-active|accept-invitation|accept-as-new)/;

function isChange(path: string, body: unknown): boolean {
  const query = z.object({ query: z.string() }).safeParse(body).data?.query;
  return path === "/graphql"
    ? /^\s*mutation\b/m.test(query ?? "")
    : path.startsWith("/api/auth/organization/");
}

function keepCookies(cookies: Map<string, string>, set: string | string[] | undefined): void {
  for (const line of [set ?? []].flat()) {
    const [pair = ""] = line.split(";", 1);
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    if (value === "" || /max-age=0/i.test(line)) {
      cookies.delete(name);
    } else {
      cookies.set(name, value);
    }
  }
}

function read(text: string): Pick<PageAnswer, "body" | "data" | "code" | "message"> {
  const body: unknown = /^[[{"n]/.test(text) ? JSON.parse(text) : undefined;
  const answer = graphqlBody.safeParse(body);
  const [error] = answer.data?.errors ?? [];
  const failure = authBody.safeParse(body);
  return {
    body,
    data: answer.data?.data,
    code: error?.extensions.code ?? failure.data?.code,
    message: error?.message ?? failure.data?.message,
  };
}
