import { dirname, join } from "node:path";
import * as z from "zod";
import type { TrustedProxies } from "../../lib/addresses/trusted-proxies.ts";
import {
  describeProblems,
  environmentVariables,
  problemsOf,
  type VariableProblem,
  valueEdges,
  withoutEmpty,
} from "../../lib/command-line/environment-variable.ts";
import { OperatorError } from "../../lib/errors.ts";
import { absolutePath } from "../../lib/files/absolute-path.ts";
import type { LogLevel } from "../../lib/log/level.ts";
import type { Format } from "../../lib/log/line-format.ts";
import { socketPathProblem } from "../../lib/unix-socket.ts";
import type { DatabaseAddress } from "../store/address/database-address.ts";
import { isPostgresUrl } from "../store/address/postgres-address.ts";
import { listedPlaces, settingsFix } from "./settings-fix.ts";
import { readServiceEnvironment, type ServiceEnvironment } from "./variable-source.ts";
import { DEFAULT_DATABASE_URL, databaseUrl, variables } from "./variables.ts";

/** The environment of `serve`, checked. */
export interface Settings {
  readonly database: DatabaseAddress;
  readonly socketPath: string;
  readonly host: string;
  readonly port: number;
  /** Undefined: only proxies on this host. */
  readonly trustedProxies: TrustedProxies | undefined;
  readonly heartbeatTimeoutMs: number;
  readonly maxSyncsPerSecond: number;
  readonly maxExecutorsPerKey: number;
  readonly drainMs: number;
  /** Undefined: no metrics. */
  readonly metricsAddress: { readonly host: string; readonly port: number } | undefined;
  /** Paths of PEM files. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly logLevel: LogLevel;
  /** Undefined: the format that fits stdout. */
  readonly logFormat: Format | undefined;
  /** Undefined: there is no sign-in and no page. */
  readonly people: PeopleSettings | undefined;
}

export interface PeopleSettings {
  /** The origin of BETTER_AUTH_URL. */
  readonly origin: string;
  /** Undefined: serve makes its own, beside the SQLite file. */
  readonly secret: string | undefined;
  /** Undefined: the first account is created by a link. */
  readonly firstAdmin: { readonly email: string; readonly password: string } | undefined;
  /** The name of the organization that is created if there is none. */
  readonly organizationName: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** One or more settings are wrong; the message names each on a line. */
export class SettingsError extends OperatorError {
  override readonly name = "SettingsError";
  readonly fix: string | undefined;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly fix?: string | undefined } = {},
  ) {
    super(message, { cause: options.cause });
    this.fix = options.fix;
  }
}

export const ENVIRONMENT_VARIABLES = environmentVariables(variables);

const environment = z.object(variables);
/** Which the package creates. With PostgreSQL it holds only the socket. */
const STATE_FOLDER = "/var/lib/novacula-control-plane";

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
      name: "BETTER_AUTH_SECRET",
      message:
        "set it, at least 32 characters: with PostgreSQL, all control planes on a database sign with the same secret. openssl rand -base64 32 makes one",
      holds: ({ BETTER_AUTH_SECRET, BETTER_AUTH_URL, DATABASE_URL = "" }) =>
        BETTER_AUTH_SECRET !== undefined || BETTER_AUTH_URL === undefined || !isPostgresUrl(DATABASE_URL),
    },
    {
      name: "MANAGEMENT_SOCKET",
      message:
        "the path of a socket has at most 107 bytes: set a shorter one, such as /run/novacula.sock (without this variable, the socket is beside the database)",
      holds: ({ MANAGEMENT_SOCKET, DATABASE_URL = DEFAULT_DATABASE_URL }) => {
        const path = socketPathBeside(MANAGEMENT_SOCKET, databaseUrl.safeParse(DATABASE_URL).data);
        return socketPathProblem(path) === undefined;
      },
    },
    ...["DATABASE_URL", "MANAGEMENT_SOCKET", "TLS_CERT", "TLS_KEY"].map((name) => ({
      name,
      message: name === "DATABASE_URL" ? "must be a URL" : "must be a path",
      holds: (set: Record<string, string>) => valueEdges(set[name] ?? "") === undefined,
    })),
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
    database: set.DATABASE_URL,
    socketPath: socketPathBeside(set.MANAGEMENT_SOCKET, set.DATABASE_URL),
    host: set.HOST,
    port: set.PORT,
    trustedProxies: set.TRUSTED_PROXIES,
    heartbeatTimeoutMs: set.HEARTBEAT_TIMEOUT_MS,
    maxSyncsPerSecond: set.MAX_SYNCS_PER_SECOND,
    maxExecutorsPerKey: set.MAX_EXECUTORS_PER_KEY,
    drainMs: set.DRAIN_SECONDS * 1000,
    metricsAddress: set.METRICS_ADDRESS,
    tls:
      set.TLS_CERT === undefined || set.TLS_KEY === undefined
        ? undefined
        : { certPath: set.TLS_CERT, keyPath: set.TLS_KEY },
    logLevel: set.LOG_LEVEL,
    logFormat: set.LOG_FORMAT,
    people: peopleSettings(set),
  };
}

function peopleSettings(set: z.output<typeof environment>): PeopleSettings | undefined {
  const { BETTER_AUTH_URL, BETTER_AUTH_SECRET, INITIAL_ADMIN_EMAIL, INITIAL_ADMIN_PASSWORD } = set;
  if (BETTER_AUTH_URL === undefined) {
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

/**
 * Secrets that have quotes or blanks around them. Those are part of the value, and nobody sees
 * them: one sentence each.
 */
export function oddSecrets(env: Environment): readonly string[] {
  return ENVIRONMENT_VARIABLES.filter(({ isSecret }) => isSecret).flatMap(({ name }) => {
    const edges = valueEdges(env[name] ?? "");
    return edges === undefined ? [] : [`${name}: ${edges}, unless that was intended`];
  });
}

/** One sentence for each variable that an environment file of the service does not set. */
export function ignoredVariables(
  env: Environment,
  read: () => ServiceEnvironment = readServiceEnvironment,
): readonly string[] {
  if (env["INVOCATION_ID"] === undefined) {
    return [];
  }
  return read()
    .ignored.filter(({ name }) => ENVIRONMENT_VARIABLES.some((each) => each.name === name))
    .map(({ name, place, why }) => `${name} is not set by ${place}: ${why}. Fix: write ${name}=VALUE there`);
}

/** Where the other commands look for the socket, from the same environment that `serve` reads. */
export function managementSocketPath(env: Environment): string {
  const { MANAGEMENT_SOCKET } = withoutEmpty(env);
  const database = MANAGEMENT_SOCKET === undefined ? databaseOf(env) : undefined;
  return socketPathBeside(MANAGEMENT_SOCKET, database);
}

/** The database, from the same environment that `serve` reads. */
export function databaseOf(env: Environment): DatabaseAddress {
  const database = databaseUrl.safeParse(withoutEmpty(env)["DATABASE_URL"] ?? DEFAULT_DATABASE_URL);
  if (!database.success) {
    throw settingsError(problemsOf(database.error, "DATABASE_URL"), env);
  }
  return database.data;
}

function socketPathBeside(socketPath: string | undefined, database: DatabaseAddress | undefined): string {
  if (socketPath !== undefined) {
    return absolutePath(socketPath);
  }
  const folder = database?.kind === "sqlite" ? dirname(database.path) : STATE_FOLDER;
  return join(folder, "management.sock");
}

function settingsError(problems: readonly VariableProblem[], env: Environment): SettingsError {
  const names = problems.map(({ name }) => name);
  const lines = describeProblems(ENVIRONMENT_VARIABLES, problems, env, listedPlaces(names, env));
  const fix = settingsFix(names, env);
  return new SettingsError(["the environment is not valid:", ...lines].join("\n"), { fix });
}
