import * as z from "zod";
import { parseTrustedProxies, type TrustedProxies } from "../../lib/addresses/trusted-proxies.ts";
import { integerBetween, variableTexts } from "../../lib/command-line/environment-variable.ts";
import { LOG_LEVELS } from "../../lib/log/level.ts";
import { LOG_FORMATS } from "../../lib/log/line-format.ts";
import {
  MAX_EMAIL_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
} from "../../protocol/limits.ts";
import { MAX_ORGANIZATION_NAME_CHARACTERS } from "../organizations/organizations.ts";
import { nameProblem } from "../organizations/shown-name.ts";
import { type DatabaseAddress, parseDatabaseUrl } from "../store/address/database-address.ts";

export const DEFAULT_DATABASE_URL = "file:/var/lib/novacula-control-plane/control-plane.db";

/** The database that a DATABASE_URL names. */
export const databaseUrl = z.string().transform((url, context): DatabaseAddress => {
  const parsed = parseDatabaseUrl(url);
  if ("found" in parsed) {
    return parsed.found;
  }
  context.addIssue({ code: "custom", message: parsed.problem });
  return z.NEVER;
});

const origin = z
  .url({ protocol: /^https?$/, error: "must be the address of the page, such as https://cp.example.com" })
  .refine((url) => /^https?:\/\/[^/?#@]+\/?$/i.test(url), "must have no path, user or query")
  .transform((url) => new URL(url).origin);

const metricsAddress = z
  .string()
  .regex(
    /^(?:\[[\da-f:.]+\]|[\w.-]+):\d{1,5}$/i,
    "must be an address and a port, such as 127.0.0.1:9464 or [::1]:9464",
  )
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    const host = text.slice(0, colon).replace(/^\[|\]$/g, "");
    return { host, port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, "must have a port up to 65535");

const trustedProxies = z.string().transform((text, context): TrustedProxies => {
  const parsed = parseTrustedProxies(text);
  if ("found" in parsed) {
    return parsed.found;
  }
  context.addIssue({ code: "custom", message: parsed.problem });
  return z.NEVER;
});

/** Every environment variable of `serve`, in the order in which it is documented. */
export const variables = {
  DATABASE_URL: databaseUrl.prefault(DEFAULT_DATABASE_URL).register(variableTexts, {
    meaning:
      "The database: file: and the path of an SQLite file, which is created if it does not exist; or a PostgreSQL database, such as postgres://novacula:PASSWORD@db.example.com/novacula. A PostgreSQL server is verified by its certificate unless it is on this host; sslrootcert= names the authority if it is not a public one.",
    mayHoldSecret: (value) => !/^file:/i.test(value),
  }),
  MANAGEMENT_SOCKET: z.string().optional().register(variableTexts, {
    meaning:
      "The Unix socket through which the other commands talk to serve (default: management.sock beside the SQLite database, or in /var/lib/novacula-control-plane)",
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
  TRUSTED_PROXIES: trustedProxies.optional().register(variableTexts, {
    meaning:
      "The addresses and networks of proxies and load balancers on other hosts, with commas between them: on their connections, the client's address is the last one in X-Forwarded-For that is not one of them. Proxies on this host always count.",
    example: "192.0.2.7,2001:db8::/64",
  }),
  HEARTBEAT_TIMEOUT_MS: integerBetween(100, 86_400_000, 1).prefault("30000").register(variableTexts, {
    meaning:
      "An executor that has not synced for longer is offline. Milliseconds. It grows with the sync interval of a large fleet.",
  }),
  MAX_SYNCS_PER_SECOND: integerBetween(10, 1_000_000).prefault("3000").register(variableTexts, {
    meaning:
      "Once more executors are online than this allows every 5 s, they are asked to sync less often: every 10 s, 15 s, and so on.",
  }),
  MAX_EXECUTORS_PER_KEY: integerBetween(1, 1_000_000).prefault("100").register(variableTexts, {
    meaning:
      "How many executors a key and the keys it was rotated from may have enrolled. Executors above the limit keep working.",
  }),
  DRAIN_SECONDS: integerBetween(0, 600, 1000).prefault("0").register(variableTexts, {
    meaning:
      "How long requests are still answered after SIGTERM, while /readyz says 503 so that a load balancer sends new ones elsewhere. Seconds.",
  }),
  METRICS_ADDRESS: metricsAddress.optional().register(variableTexts, {
    meaning:
      "An address and port of its own for Prometheus, which reads /metrics there without a password. Keep it away from strangers. By default there are no metrics.",
    example: "127.0.0.1:9464",
  }),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, "must be debug, info, warn or error")
    .default("info")
    .register(variableTexts, { meaning: "debug, info, warn or error. debug logs every refused request." }),
  LOG_FORMAT: z.enum(LOG_FORMATS, "must be journal, pretty or json").optional().register(variableTexts, {
    meaning:
      "journal, pretty or json. By default journal if the journal of systemd reads the output, and otherwise pretty.",
    example: "json",
  }),
  BETTER_AUTH_URL: origin.optional().register(variableTexts, {
    meaning: "The address of the page as the browser shows it, without a path. Enables sign-in and the page.",
    example: "https://cp.example.com",
  }),
  BETTER_AUTH_SECRET: z
    .string()
    .min(32, "must have at least 32 characters: openssl rand -base64 32 makes some")
    .optional()
    .register(variableTexts, {
      meaning:
        "Signs the sessions; at least 32 characters, for instance from openssl rand -base64 32. By default serve makes one, in a file beside the SQLite database. PostgreSQL needs it to be set: all control planes on a database have the same.",
      isSecret: true,
    }),
  INITIAL_ADMIN_EMAIL: z
    .email("must be an e-mail address")
    .max(MAX_EMAIL_CHARACTERS, `must have at most ${MAX_EMAIL_CHARACTERS} characters`)
    .optional()
    .register(variableTexts, {
      meaning:
        "The e-mail address of the first owner, who is otherwise created by a link (setup-link). Ignored once an account exists.",
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
