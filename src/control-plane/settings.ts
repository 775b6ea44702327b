import { dirname, join, resolve } from "node:path";
import * as z from "zod";
import {
  describeProblems,
  environmentVariables,
  integerBetween,
  problemsOf,
  type VariableProblem,
  variableTexts,
  withoutEmpty,
} from "../lib/command-line/environment-variable.ts";
import { OperatorError } from "../lib/errors.ts";
import { LOG_LEVELS, type LogLevel } from "../lib/log/level.ts";
import {
  MAX_EMAIL_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
} from "../protocol/limits.ts";
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
  readonly logLevel: LogLevel;
  /** Undefined: there is no sign-in and no page. */
  readonly people: PeopleSettings | undefined;
}

export interface PeopleSettings {
  /** The origin of BETTER_AUTH_URL. */
  readonly origin: string;
  readonly secret: string;
  /** Needed until the first account exists. */
  readonly firstAdmin: { readonly email: string; readonly password: string } | undefined;
  /** The name of the organization that is created if there is none. */
  readonly organizationName: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** One or more settings are wrong; the message names each on a line. */
export class SettingsError extends OperatorError {
  override readonly name = "SettingsError";
}

const databasePath = z
  .string()
  .regex(
    /^file:(?:\/\/(?=\/))?[^?#]+$/,
    "must be file: and the path of an SQLite file, such as file:/var/lib/novacula-control-plane/control-plane.db",
  )
  .transform((url) => resolve(url.replace(/^file:(?:\/\/)?/, "")));

const origin = z
  .url({ protocol: /^https?$/, error: "must be the address of the page, such as https://cp.example.com" })
  .refine((url) => /^https?:\/\/[^/?#@]+\/?$/i.test(url), "must have no path, user or query")
  .transform((url) => new URL(url).origin);

/** Every environment variable of `serve`, in the order in which it is documented. */
const variables = {
  DATABASE_URL: databasePath.prefault(DEFAULT_DATABASE_URL).register(variableTexts, {
    meaning: "The SQLite database: file: and its path. It is created if it does not exist.",
  }),
  MANAGEMENT_SOCKET: z.string().optional().register(variableTexts, {
    meaning:
      "The Unix socket through which the other commands talk to serve (default: management.sock beside the database)",
    example: "/run/novacula-control-plane/management.sock",
  }),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, "must be an address or a host name")
    .default("127.0.0.1")
    .register(variableTexts, { meaning: "The address to listen on, for executors and the page." }),
  PORT: integerBetween(0, 65_535)
    .prefault("3000")
    .register(variableTexts, { meaning: "The port to listen on. 0 picks a free one." }),
  TLS_CERT: z.string().optional().register(variableTexts, {
    meaning:
      "A PEM file with the certificate and its chain. Set TLS_CERT and TLS_KEY for https; set neither for http.",
    example: "/etc/ssl/cp.example.com.pem",
  }),
  TLS_KEY: z.string().optional().register(variableTexts, {
    meaning: "A PEM file with the private key of TLS_CERT, readable by the user that runs serve.",
    example: "/etc/ssl/private/cp.example.com.key",
  }),
  HEARTBEAT_TIMEOUT_MS: integerBetween(100, 86_400_000).prefault("30000").register(variableTexts, {
    meaning: "An executor that has not synced for longer is offline. Milliseconds.",
  }),
  MAX_EXECUTORS_PER_KEY: integerBetween(1, 1_000_000).prefault("100").register(variableTexts, {
    meaning:
      "How many executors a key and the keys it was rotated from may have enrolled. Executors above the limit keep working.",
  }),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, "must be debug, info, warn or error")
    .default("info")
    .register(variableTexts, { meaning: "debug, info, warn or error. debug logs every refused request." }),
  BETTER_AUTH_URL: origin.optional().register(variableTexts, {
    meaning: "The address of the page as the browser shows it, without a path.",
    example: "https://cp.example.com",
  }),
  BETTER_AUTH_SECRET: z
    .string()
    .min(32, "must have at least 32 characters: openssl rand -base64 32 makes some")
    .optional()
    .register(variableTexts, {
      meaning:
        "Signs the sessions; at least 32 characters, for instance from openssl rand -base64 32. Enables sign-in and the page.",
      isSecret: true,
    }),
  INITIAL_ADMIN_EMAIL: z
    .email("must be an e-mail address")
    .max(MAX_EMAIL_CHARACTERS, `must have at most ${MAX_EMAIL_CHARACTERS} characters`)
    .optional()
    .register(variableTexts, {
      meaning:
        "The e-mail address of the first owner. Needed until the first account exists, ignored afterwards.",
      example: "you@example.com",
    }),
  INITIAL_ADMIN_PASSWORD: z
    .string()
    .min(MIN_PASSWORD_CHARACTERS, `must have at least ${MIN_PASSWORD_CHARACTERS} characters`)
    .max(MAX_PASSWORD_CHARACTERS, `must have at most ${MAX_PASSWORD_CHARACTERS} characters`)
    .optional()
    .register(variableTexts, {
      meaning: `The password of the first owner, ${MIN_PASSWORD_CHARACTERS} to ${MAX_PASSWORD_CHARACTERS} characters. Remove it once you have signed in.`,
      isSecret: true,
    }),
  INITIAL_ORGANIZATION: z
    .string()
    .refine(
      (name) => name.trim() === name && nameProblem(name, MAX_ORGANIZATION_NAME_CHARACTERS) === undefined,
      `must be one line of at most ${MAX_ORGANIZATION_NAME_CHARACTERS} visible characters`,
    )
    .default("Default")
    .register(variableTexts, {
      meaning: "The name of the organization that the first start creates if there is none.",
    }),
};

export const ENVIRONMENT_VARIABLES = environmentVariables(variables);

const environment = z.object(variables);

/**
 * What must hold between variables, judged by what is set, so that it is told beside wrong values.
 */
const RELATIONS: readonly (VariableProblem & { readonly holds: (set: Record<string, string>) => boolean })[] =
  [
    bothOrNeither("TLS_CERT", "TLS_KEY"),
    bothOrNeither("INITIAL_ADMIN_EMAIL", "INITIAL_ADMIN_PASSWORD"),
    {
      name: "BETTER_AUTH_URL",
      message: "set it together with BETTER_AUTH_SECRET, to the address at which people open the page",
      holds: ({ BETTER_AUTH_SECRET, BETTER_AUTH_URL }) =>
        BETTER_AUTH_SECRET === undefined || BETTER_AUTH_URL !== undefined,
    },
    {
      name: "MANAGEMENT_SOCKET",
      message: `the path of a socket has at most ${MAX_SOCKET_PATH_BYTES} bytes: set a shorter one`,
      holds: ({ MANAGEMENT_SOCKET, DATABASE_URL = DEFAULT_DATABASE_URL }) => {
        const path = socketPathBeside(MANAGEMENT_SOCKET, databasePath.safeParse(DATABASE_URL).data ?? "");
        return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
      },
    },
  ];

function bothOrNeither(name: string, other: string) {
  const holds = (set: Record<string, string>) => (set[name] === undefined) === (set[other] === undefined);
  return { name, message: `${name} and ${other} belong together: set both, or neither`, holds };
}

/**
 * The settings of `serve`, or a SettingsError with every problem. An empty variable counts as
 * unset.
 */
export function readSettings(env: Environment): Settings {
  const given = withoutEmpty(env);
  const result = environment.safeParse(given);
  const problems = [...problemsOf(result.error), ...RELATIONS.filter(({ holds }) => !holds(given))];
  if (!result.success || problems.length > 0) {
    throw settingsError(problems, env);
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
  const { MANAGEMENT_SOCKET } = withoutEmpty(env);
  return socketPathBeside(MANAGEMENT_SOCKET, MANAGEMENT_SOCKET === undefined ? databasePathOf(env) : "");
}

/** The SQLite file, from the same environment that `serve` reads. */
export function databasePathOf(env: Environment): string {
  const database = databasePath.safeParse(withoutEmpty(env)["DATABASE_URL"] ?? DEFAULT_DATABASE_URL);
  if (!database.success) {
    throw settingsError(problemsOf(database.error, "DATABASE_URL"), env);
  }
  return database.data;
}

function socketPathBeside(socketPath: string | undefined, database: string): string {
  return socketPath === undefined ? join(dirname(database), "management.sock") : resolve(socketPath);
}

function settingsError(problems: readonly VariableProblem[], env: Environment): SettingsError {
  const lines = describeProblems(ENVIRONMENT_VARIABLES, problems, env);
  return new SettingsError(["the environment is not valid:", ...lines].join("\n"));
}
