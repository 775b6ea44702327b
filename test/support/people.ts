import { Client, type Dispatcher } from "undici";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { type ControlPlaneOptions, startControlPlane, type TestControlPlane } from "./control-plane.ts";

export const ADMIN = { email: "admin@example.com", password: "an admin's long password" } as const;
export const SECRET = "a secret that signs the sessions of tests alone";

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The whole body, where it is JSON. */
  readonly body: unknown;
  /** `data` of a GraphQL answer. */
  readonly data: unknown;
  /** `extensions.code` of the first error, or the `code` of an answer of /api/auth. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

export interface Browser {
  /** The Cookie header that it sends; undefined while nobody is signed in. */
  readonly cookie: string | undefined;
  graphql(
    query: string,
    variables?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PageAnswer>;
  /** Below /api/auth. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<PageAnswer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<PageAnswer>;
  signIn(email?: string, password?: string): Promise<PageAnswer>;
}

const graphqlBody = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).optional(),
});
const authBody = z.object({ code: z.string(), message: z.string() });

/** The environment of a control plane with people; `origin` is where their browsers find it. */
export function peopleEnv(origin: string): Readonly<Record<string, string>> {
  return {
    BETTER_AUTH_URL: origin,
    BETTER_AUTH_SECRET: SECRET,
    INITIAL_ADMIN_EMAIL: ADMIN.email,
    INITIAL_ADMIN_PASSWORD: ADMIN.password,
  };
}

/** The real program with people on, at a port that was free a moment ago. The caller stops it. */
export async function startWithPeople(options: ControlPlaneOptions = {}): Promise<TestControlPlane> {
  const port = options.port ?? (await freePort());
  const scheme = options.tls === undefined ? "http" : "https";
  return startControlPlane({
    ...options,
    port,
    env: { ...peopleEnv(`${scheme}://127.0.0.1:${port}`), ...options.env },
  });
}

/** A browser without a screen: keeps cookies, and sends what a page of `origin` would send. */
export function openBrowser(url: string, origin = url): Browser {
  const client = new Client(url);
  onTestFinished(() => client.close());
  const cookies = new Map<string, string>();
  const cookie = () =>
    cookies.size === 0 ? undefined : [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const send = async (
    method: Dispatcher.HttpMethod,
    path: string,
    body: unknown,
    extra: Readonly<Record<string, string>>,
  ): Promise<PageAnswer> => {
    const sent = cookie();
    const headers = {
      ...(sent === undefined ? {} : { cookie: sent }),
      ...(method === "GET" ? {} : { origin, "content-type": "application/json" }),
      ...extra,
    };
    const response = await client.request({
      method,
      path,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    keepCookies(cookies, response.headers["set-cookie"]);
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

function keepCookies(cookies: Map<string, string>, set: string | string[] | undefined): void {
  for (const line of [set ?? []].flat()) {
    const [pair = ""] = line.split(";", 1);
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    if (value === "" || /max-age=0/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
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

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}
