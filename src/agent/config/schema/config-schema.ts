import { z } from "zod";

import { LOG_LEVELS } from "../../../lib/log/level.ts";
import { LOG_FORMATS } from "../../../lib/log/line-format.ts";
import { withoutUnit } from "../../../lib/text/unit-suffix.ts";
import { socketPathProblem } from "../../../lib/unix-socket.ts";
import { CHANNELS } from "../../../protocol/channels.ts";
import { holdsKey } from "../../../protocol/key-shape.ts";

import { controlPlaneUrl, proxyUrl } from "./config-url.ts";
import { meantHost } from "./host-name.ts";

/**
 * The name of a systemd credential in `$CREDENTIALS_DIRECTORY`, as `access_token_file` may have it.
 */
export const CREDENTIAL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,254}$/u;

const absolutePath = (example: string) => {
  const wants = `an absolute path such as "${example}"`;
  return z
    .string({ error: wants })
    .refine(
      (text) => text.startsWith("/") && !/\p{Cc}/u.test(text) && text.length < 4096 && !holdsKey(text),
      { error: wants },
    );
};

const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, { error: `one of ${words.map((word) => `"${word}"`).join(", ")}` });

const MS = { seconds: 1000, milliseconds: 1 } as const;

const numberBetween = (least: number, most: number, unit: keyof typeof MS) => {
  const wants = `a number of ${unit} from ${least} to ${most}`;
  const error = ({ input }: { readonly input?: unknown }) => {
    const text = typeof input === "string" ? input : "";
    const number = withoutUnit(text, MS[unit]);
    const isPossible = number !== undefined && number >= least && number <= most;
    return isPossible ? `${wants}: write ${number}, without quotes` : wants;
  };
  return z.number({ error }).min(least, { error: wants }).max(most, { error: wants });
};

const NAME_WANTS = "a name of 1 to 63 printable characters, without white space at either end";
const name = z
  .string({ error: NAME_WANTS })
  .refine((text) => /^[^\p{C}\p{Zl}\p{Zp}]{1,63}$/u.test(text) && text.trim() === text && !holdsKey(text), {
    error: NAME_WANTS,
  });

const HOST = 'a host name or an IP address such as "agent-1.example.com"';
const HOST_WANTS = `${HOST}, without scheme, port or path`;
const host = z.string({ error: HOST_WANTS }).transform((text, context) => {
  const meant = meantHost(text);
  if ("host" in meant && !holdsKey(text)) {
    return meant.host;
  }
  const message = "why" in meant ? `${HOST}, ${meant.why}` : HOST_WANTS;
  context.issues.push({ code: "custom", input: text, message });
  return z.NEVER;
});

const keyFileWants = 'an absolute path such as "/etc/novacula/key", or the name of a systemd credential';
const keyFile = z
  .string({ error: keyFileWants })
  .refine(
    (text) =>
      !/\p{Cc}/u.test(text) && (text.startsWith("/") || CREDENTIAL_NAME.test(text)) && !holdsKey(text),
    {
      error: keyFileWants,
    },
  );

/**
 * The only list of the tables and settings of agent.toml. The error of a setting says what it must
 * be. `validate-config.ts` adds what was found and where; it knows which values must not be shown.
 */
export const CONFIG_TABLES = {
  agent: z.strictObject({
    name: name.optional(),
    data_dir: absolutePath("/var/lib/novacula").default("/var/lib/novacula"),
    runtime_dir: absolutePath("/run/novacula")
      .refine((folder) => socketPathProblem(`${folder}/agent.sock`) === undefined, {
        error: "a shorter folder, of at most 96 bytes: the path of the socket in it may have 107",
      })
      .default("/run/novacula"),
    public_host: host.optional(),
    channel: oneOf(CHANNELS).default("stable"),
  }),
  control_plane: z.strictObject({
    url: controlPlaneUrl,
    access_token: z.string({ error: 'the key in quotes: access_token = "exc_…"' }).optional(),
    access_token_file: keyFile.optional(),
    ca_file: absolutePath("/etc/novacula/ca.pem").optional(),
    proxy: proxyUrl.optional(),
    /**
     * Two heartbeats must fit into the 30 s timeout of the control plane, in case one gets lost.
     */
    sync_interval_secs: numberBetween(0.5, 15, "seconds").default(5),
  }),
  logging: z.strictObject({
    level: oneOf(LOG_LEVELS).default("info"),
    format: oneOf(LOG_FORMATS).optional(),
  }),
  reconciler: z.strictObject({
    interval_secs: numberBetween(1, 3600, "seconds").default(5),
  }),
  reporter: z.strictObject({
    interval_secs: numberBetween(1, 3600, "seconds").default(10),
    scrape_timeout_ms: numberBetween(100, 60_000, "milliseconds").default(5000),
  }),
} as const;

export type TableName = keyof typeof CONFIG_TABLES;

/** `control_plane` → `["url", "access_token", …]`, in the order of the example file. */
export const KEYS_BY_TABLE: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(CONFIG_TABLES).map(([table, schema]) => [table, Object.keys(schema.shape)]),
);

/** What a setting must be, in any table if none is named; undefined: there is none of this name. */
export function settingSchema(table: string | undefined, key: string): z.ZodType | undefined {
  return Object.entries(CONFIG_TABLES)
    .filter(([name]) => table === undefined || name === table)
    .flatMap(([, { shape }]) => Object.entries(shape))
    .find(([name]) => name === key)?.[1];
}
