import { dirname, join, resolve } from "node:path";
import * as z from "zod";
import { OperatorError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { MAX_ORGANIZATION_NAME_CHARACTERS } from "./organizations/organizations.ts";
import { nameProblem } from "./organizations/shown-name.ts";

const DEFAULT_DATABASE_URL = "file:/var/lib/novacula-control-plane/control-plane.db";
/** sockaddr_un has 108 bytes for a path and its end (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107;

/** The environment of `serve`, checked. */
export interface Settings {
  readonly databasePath: string;
  readonly socketPath: string;
  readonly host: string;
  readonly port: number;
  readonly heartbeatTimeoutMs: number;
  readonly maxExecutorsPerKey: number;
  /** Paths of PEM files. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** Undefined: nobody signs in, and the network serves executors alone. */
  readonly people: PeopleSettings | undefined;
}

export interface PeopleSettings {
  /** Of BETTER_AUTH_URL. */
  readonly origin: string;
  readonly secret: string;
  /** Needed while there is nobody yet. */
  readonly firstAdmin: { readonly email: string; readonly password: string } | undefined;
  /** The name of the organization that is made where there is none. */
  readonly organizationName: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** One or more settings are wrong; the message names all of them, one a line. */
export class SettingsError extends OperatorError {
  override readonly name = "SettingsError";
}

const integerBetween = (least: number, most: number) => {
  const wanted = `want an integer from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, wanted)
    .transform(Number)
    .pipe(z.number().min(least, wanted).max(most, wanted));
};

const databasePath = z
  .string()
  .regex(
    /^file:(?:\/\/(?=\/))?[^?#]+$/,
    "want file: and the path of an SQLite file, such as file:/var/lib/novacula-control-plane/control-plane.db",
  )
  .transform((url) => resolve(url.replace(/^file:(?:\/\/)?/, "")));

const origin = z
  .url({ protocol: /^https?$/, error: "want the address of the page, such as https://cp.example.com" })
  .refine((url) => /^https?:\/\/[^/?#@]+\/?$/i.test(url), "want it without a path, a user or a query")
  .transform((url) => new URL(url).origin);

/** The names whose values are never shown. */
const SECRETS: ReadonlySet<string> = new Set(["BETTER_AUTH_SECRET", "INITIAL_ADMIN_PASSWORD"]);

const environment = z
  .object({
    BETTER_AUTH_URL: origin.optional(),
    BETTER_AUTH_SECRET: z
      .string()
      .min(32, "want at least 32 characters: openssl rand -base64 32 makes some")
      .optional(),
    INITIAL_ADMIN_EMAIL: z.email("want an e-mail address").max(254).optional(),
    INITIAL_ADMIN_PASSWORD: z
      .string()
      .min(12, "want at least 12 characters")
      .max(128, "want at most 128 characters")
      .optional(),
    INITIAL_ORGANIZATION: z
      .string()
      .refine(
        (name) => name.trim() === name && nameProblem(name, MAX_ORGANIZATION_NAME_CHARACTERS) === undefined,
        `want one line of at most ${MAX_ORGANIZATION_NAME_CHARACTERS} visible characters`,
      )
      .default("Default"),
    DATABASE_URL: databasePath.prefault(DEFAULT_DATABASE_URL),
    MANAGEMENT_SOCKET: z.string().optional(),
    HOST: z
      .string()
      .regex(/^[\w.:-]+$/, "want an address or a host name")
      .default("127.0.0.1"),
    PORT: integerBetween(0, 65_535).prefault("3000"),
    HEARTBEAT_TIMEOUT_MS: integerBetween(100, 86_400_000).prefault("30000"),
    MAX_EXECUTORS_PER_KEY: integerBetween(1, 1_000_000).prefault("100"),
    TLS_CERT: z.string().optional(),
    TLS_KEY: z.string().optional(),
    LOG_LEVEL: z.enum(["debug", "info", "warn", "error"], "want debug, info, warn or error").default("info"),
  })
  .refine((env) => (env.TLS_CERT === undefined) === (env.TLS_KEY === undefined), {
    path: ["TLS_CERT"],
    message: "TLS_CERT and TLS_KEY belong together: set both, or none",
  })
  .refine((env) => (env.INITIAL_ADMIN_EMAIL === undefined) === (env.INITIAL_ADMIN_PASSWORD === undefined), {
    path: ["INITIAL_ADMIN_EMAIL"],
    message: "INITIAL_ADMIN_EMAIL and INITIAL_ADMIN_PASSWORD belong together: set both, or none",
  })
  .refine((env) => env.BETTER_AUTH_SECRET === undefined || env.BETTER_AUTH_URL !== undefined, {
    path: ["BETTER_AUTH_URL"],
    message: "is needed with BETTER_AUTH_SECRET: the address at which people open the page",
  })
  .refine(
    (env) =>
      Buffer.byteLength(socketPathBeside(env.MANAGEMENT_SOCKET, env.DATABASE_URL)) <= MAX_SOCKET_PATH_BYTES,
    {
      path: ["MANAGEMENT_SOCKET"],
      message: `the path of a socket has at most ${MAX_SOCKET_PATH_BYTES} bytes: set a shorter one`,
    },
  );

/** The settings of `serve`, or a SettingsError with every problem. An empty variable counts as unset. */
export function readSettings(env: Environment): Settings {
  const result = environment.safeParse(withoutEmpty(env));
  if (!result.success) {
    throw new SettingsError(described(result.error, env));
  }
  const set = result.data;
  return {
    databasePath: set.DATABASE_URL,
    socketPath: socketPathBeside(set.MANAGEMENT_SOCKET, set.DATABASE_URL),
    host: set.HOST,
    port: set.PORT,
    heartbeatTimeoutMs: set.HEARTBEAT_TIMEOUT_MS,
    maxExecutorsPerKey: set.MAX_EXECUTORS_PER_KEY,
    tls:
      set.TLS_CERT === undefined || set.TLS_KEY === undefined
        ? undefined
        : { certPath: set.TLS_CERT, keyPath: set.TLS_KEY },
    logLevel: set.LOG_LEVEL,
    people: peopleSettings(set),
  };
}

function peopleSettings(set: z.output<typeof environment>): PeopleSettings | undefined {
  const { BETTER_AUTH_URL, BETTER_AUTH_SECRET, INITIAL_ADMIN_EMAIL, INITIAL_ADMIN_PASSWORD } = set;
  if (BETTER_AUTH_SECRET === undefined || BETTER_AUTH_URL === undefined) {
    return undefined;
  }
  return {
    origin: BETTER_AUTH_URL,
    secret: BETTER_AUTH_SECRET,
    firstAdmin:
      INITIAL_ADMIN_EMAIL === undefined || INITIAL_ADMIN_PASSWORD === undefined
        ? undefined
        : { email: INITIAL_ADMIN_EMAIL, password: INITIAL_ADMIN_PASSWORD },
    organizationName: set.INITIAL_ORGANIZATION,
  };
}

/** Where the other commands look for the socket, from the same environment that `serve` reads. */
export function managementSocketPath(env: Environment): string {
  const { MANAGEMENT_SOCKET, DATABASE_URL } = withoutEmpty(env);
  const database = databasePath.safeParse(DATABASE_URL ?? DEFAULT_DATABASE_URL);
  if (MANAGEMENT_SOCKET === undefined && !database.success) {
    throw new SettingsError(described(database.error, env));
  }
  return socketPathBeside(MANAGEMENT_SOCKET, database.success ? database.data : "");
}

/** The SQLite file, from the same environment that `serve` reads. */
export function databasePathOf(env: Environment): string {
  const database = databasePath.safeParse(withoutEmpty(env)["DATABASE_URL"] ?? DEFAULT_DATABASE_URL);
  if (!database.success) {
    throw new SettingsError(described(database.error, env));
  }
  return database.data;
}

function socketPathBeside(socketPath: string | undefined, database: string): string {
  return socketPath === undefined ? join(dirname(database), "management.sock") : resolve(socketPath);
}

function withoutEmpty(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value]],
    ),
  );
}

function described(error: z.ZodError, env: Environment): string {
  const lines = error.issues.map((issue) => {
    const name = issue.path.length === 0 ? "DATABASE_URL" : issue.path.join(".");
    const got = env[name] ?? "";
    // What stands before an @ in a URL is a password often enough.
    const isShown = got !== "" && !SECRETS.has(name) && !got.includes("@");
    return `  ${name}: ${issue.message}${isShown ? ` (got ${printable(got)})` : ""}`;
  });
  return ["the environment is not right:", ...new Set(lines)].join("\n");
}
