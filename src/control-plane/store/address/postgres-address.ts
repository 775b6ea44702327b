import { userInfo } from "node:os";
import { isLoopbackHost } from "../../../lib/loopback.ts";

const DEFAULT_PORT = 5432;
const EXAMPLE = "postgres://novacula:PASSWORD@db.example.com/novacula";
const PARAMETERS: ReadonlySet<string> = new Set(["sslmode", "sslrootcert", "host"]);

interface Parts {
  /** A name, an address without brackets, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Undefined: the connection never leaves this host, and is not encrypted. */
  readonly tls: { readonly caPath: string | undefined } | undefined;
}

/**
 * Where a PostgreSQL database is. Whoever prints or logs it sees no password: only `password`
 * itself returns it.
 */
export class PostgresAddress implements Parts {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly tls: Parts["tls"];
  readonly #password: string | undefined;

  constructor({ host, port, user, database, tls }: Parts, password: string | undefined) {
    this.host = host;
    this.port = port;
    this.user = user;
    this.database = database;
    this.tls = tls;
    this.#password = password;
  }

  get password(): string | undefined {
    return this.#password;
  }

  /** `db.example.com:5432`, or the path of the socket. */
  get server(): string {
    if (this.host.startsWith("/")) {
      return `${this.host}/.s.PGSQL.${this.port}`;
    }
    return `${this.host.includes(":") ? `[${this.host}]` : this.host}:${this.port}`;
  }

  /** For people: `postgres://novacula@db.example.com:5432/novacula`. */
  toString(): string {
    const isSocket = this.host.startsWith("/");
    const place = isSocket ? "" : this.server;
    const database = encodeURIComponent(this.database);
    const socket = isSocket ? `?host=${this.host}` : "";
    return `postgres://${encodeURIComponent(this.user)}@${place}/${database}${socket}`;
  }
}

export type ParsedAddress =
  | { readonly isValid: true; readonly address: PostgresAddress }
  /** What the URL must be, without the URL itself. */
  | { readonly isValid: false; readonly problem: string };

export function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:/i.test(url);
}

/** Reads `postgres://user:password@host:port/database`. */
export function parsePostgresUrl(text: string): ParsedAddress {
  try {
    return { isValid: true, address: read(text) };
  } catch (error) {
    // The error of URL quotes its input, and so the password.
    const problem = error instanceof UrlProblem ? error.message : `must be a URL such as ${EXAMPLE}`;
    return { isValid: false, problem };
  }
}

class UrlProblem extends Error {}

function read(text: string): PostgresAddress {
  // A socket needs no host, but a URL with a user does. The parser of URLs knows no such scheme.
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/isu.exec(text) ?? [];
  if (rest === undefined) {
    throw new UrlProblem(`must be a URL such as ${EXAMPLE}`);
  }
  const authority = rest.split(/[/?#]/u, 1)[0] ?? "";
  const hasHost = !authority.endsWith("@") && authority !== "";
  const url = new URL(`postgres://${authority}${hasHost ? "" : "socket"}${rest.slice(authority.length)}`);
  if (rest.includes("#")) {
    throw new UrlProblem("has a #: a # in the password is written as %23");
  }
  const parameters = parametersOf(url);
  const host = hostOf(hasHost ? decodeURIComponent(url.hostname) : "", parameters.get("host"));
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === "" || database.includes("/")) {
    throw new UrlProblem(`must end with the name of the database: ${EXAMPLE}`);
  }
  const user = decodeURIComponent(url.username) || userInfo().username;
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const password = decodeURIComponent(url.password);
  if (/\p{Cc}/u.test(`${host}${user}${database}`) || password.includes("\0")) {
    throw new UrlProblem("has a control character, such as %00 or %0A");
  }
  return new PostgresAddress(
    { host, port, user, database, tls: tlsOf(host, parameters) },
    password === "" ? undefined : password,
  );
}

function parametersOf(url: URL): ReadonlyMap<string, string> {
  const pairs = [...url.searchParams];
  for (const [name] of pairs) {
    if (!PARAMETERS.has(name)) {
      const shown = /^\w{1,40}$/u.test(name) ? `the parameter ${name}` : "a parameter";
      throw new UrlProblem(
        `has ${shown}, which is not known here: only ${[...PARAMETERS].join(", ")} are. ` +
          "In the password, the characters ? & / # @ : % are written as %3F %26 %2F %23 %40 %3A %25",
      );
    }
  }
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) {
    throw new UrlProblem("has a parameter twice: keep one of them");
  }
  return new Map(pairs);
}

function hostOf(inUrl: string, parameter: string | undefined): string {
  const host = inUrl.replace(/^\[(.*)\]$/u, "$1").toLowerCase();
  if (parameter === undefined) {
    if (host === "") {
      throw new UrlProblem(
        "names no server: for a Unix socket, end it with ?host= and the folder of the socket, such as ?host=/run/postgresql",
      );
    }
    return host;
  }
  if (host !== "" || !parameter.startsWith("/")) {
    throw new UrlProblem(
      "has host= beside a server: host= is only for the folder of a Unix socket, as in postgres:///novacula?host=/run/postgresql",
    );
  }
  return parameter;
}

/** Certificate and name are always verified, except on a connection that never leaves this host. */
function tlsOf(host: string, parameters: ReadonlyMap<string, string>): Parts["tls"] {
  const mode = parameters.get("sslmode");
  const caPath = parameters.get("sslrootcert");
  const isSocket = host.startsWith("/");
  const isLocal = isSocket || isLoopbackHost(host);
  if (mode === "disable" && isLocal) {
    return undefined;
  }
  if (mode !== undefined && mode !== "verify-full") {
    throw new UrlProblem(
      `has an sslmode that does not verify the server: ${
        isLocal ? "leave sslmode out, or set sslmode=verify-full" : "set sslmode=verify-full, or leave it out"
      }. If no public authority signed the certificate of the server, add sslrootcert= and the path of the authority's certificate`,
    );
  }
  if (isSocket && (mode !== undefined || caPath !== undefined)) {
    throw new UrlProblem("asks for TLS on a Unix socket, which has none: leave sslmode and sslrootcert out");
  }
  if (caPath !== undefined && !caPath.startsWith("/")) {
    throw new UrlProblem(
      "has an sslrootcert that is no absolute path: name a PEM file, such as /etc/ssl/db-ca.pem",
    );
  }
  const isEncrypted = !isLocal || mode === "verify-full" || caPath !== undefined;
  return isEncrypted ? { caPath } : undefined;
}
