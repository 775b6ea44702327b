import { execFile } from "node:child_process";
import * as z from "zod";

/** Where systemd gets a credential of a service from: systemd.exec(5), "Credentials". */
export type CredentialSource =
  /** `LoadCredential=` and `LoadCredentialEncrypted=` with a path: a file, folder or socket. */
  | { readonly kind: "path"; readonly isEncrypted: boolean; readonly path: string }
  /** The same without a path: `name` is looked for in the credential stores of the host. */
  | { readonly kind: "store"; readonly isEncrypted: boolean; readonly name: string }
  /** A path to a folder. The name of the credential continues with that of a file in it. */
  | { readonly kind: "folder"; readonly isEncrypted: boolean; readonly path: string; readonly entry: string }
  /** `SetCredential=` and `SetCredentialEncrypted=`: written into the unit. */
  | { readonly kind: "inline"; readonly isEncrypted: boolean }
  /** `ImportCredential=`: the first store of the host that has it. */
  | { readonly kind: "import"; readonly pattern: string };

/** The credentials of a unit, by ID. Does not contain what `SetCredential=` sets. */
export interface UnitCredentials {
  readonly loaded: ReadonlyMap<string, { readonly from: string; readonly isEncrypted: boolean }>;
  readonly inline: ReadonlyMap<string, { readonly isEncrypted: boolean }>;
  /** The patterns of `ImportCredential=`, which systemd knows since version 254. */
  readonly imported: readonly string[];
}

const LIMIT_MS = 15_000;
/** A credential has at most 1 MiB, and a byte of it up to four characters. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const ENVIRONMENT = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
const SERVICE_INTERFACE = "org.freedesktop.systemd1.Service";

const loads = z.strictObject({
  type: z.literal("a(ss)"),
  data: z.array(z.tuple([z.string(), z.string()])),
});
const sets = z.strictObject({
  type: z.literal("a(say)"),
  data: z.array(z.tuple([z.string(), z.unknown()]).transform(([id]) => id)),
});
const imports = z.strictObject({ type: z.literal("as"), data: z.array(z.string()) });

/**
 * The credentials that systemd gives to `unit`; undefined if systemd does not say. `systemctl show`
 * prints them as `[unprintable]`, so this asks on the bus.
 */
export async function unitCredentials(unit: string): Promise<UnitCredentials | undefined> {
  const text = await properties(unit, [
    "LoadCredential",
    "LoadCredentialEncrypted",
    "SetCredential",
    "SetCredentialEncrypted",
  ]);
  if (text === undefined) {
    return undefined;
  }
  return decodeCredentials(text, await properties(unit, ["ImportCredential"]));
}

/** Decodes what `busctl --json=short` prints for the properties above, one on each line. */
export function decodeCredentials(text: string, importedText?: string): UnitCredentials | undefined {
  const [load, loadEncrypted, set, setEncrypted, ...rest] = text.trimEnd().split("\n").map(fromJson);
  const plain = loads.safeParse(load);
  const encrypted = loads.safeParse(loadEncrypted);
  const inline = sets.safeParse(set);
  const inlineEncrypted = sets.safeParse(setEncrypted);
  const isDecoded = plain.success && encrypted.success && inline.success && inlineEncrypted.success;
  if (!isDecoded || rest.length > 0) {
    return undefined;
  }
  const patterns = imports.safeParse(fromJson(importedText?.trimEnd() ?? ""));
  return {
    loaded: new Map([...loadedFrom(plain.data, false), ...loadedFrom(encrypted.data, true)]),
    inline: new Map([...writtenIn(inline.data, false), ...writtenIn(inlineEncrypted.data, true)]),
    imported: patterns.success ? patterns.data.data : [],
  };
}

function loadedFrom({ data }: z.output<typeof loads>, isEncrypted: boolean) {
  return data.map(([id, from]) => [id, { from, isEncrypted }] as const);
}

function writtenIn({ data }: z.output<typeof sets>, isEncrypted: boolean) {
  return data.map((id) => [id, { isEncrypted }] as const);
}

/**
 * Where the credential `name` comes from; undefined if the unit has none of that name.
 * `LoadCredential=` goes before `SetCredential=`, and both before `ImportCredential=`.
 */
export function credentialSource(name: string, credentials: UnitCredentials): CredentialSource | undefined {
  const { loaded, inline, imported } = credentials;
  const exact = loaded.get(name);
  if (exact !== undefined) {
    const { from, isEncrypted } = exact;
    return from.startsWith("/")
      ? { kind: "path", isEncrypted, path: from }
      : { kind: "store", isEncrypted, name: from };
  }
  for (const [id, { from, isEncrypted }] of loaded) {
    if (from.startsWith("/") && name.startsWith(`${id}_`)) {
      return { kind: "folder", isEncrypted, path: from, entry: name.slice(id.length + 1) };
    }
  }
  const written = inline.get(name);
  if (written !== undefined) {
    return { kind: "inline", ...written };
  }
  const pattern = imported.find((each) => matches(name, each));
  return pattern === undefined ? undefined : { kind: "import", pattern };
}

/** systemd.exec(5): `*` stands only at the end of a pattern, for any characters. */
function matches(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function properties(unit: string, names: readonly string[]): Promise<string | undefined> {
  const object = `/org/freedesktop/systemd1/unit/${busLabel(unit)}`;
  const args = ["--json=short", "get-property", "org.freedesktop.systemd1", object, SERVICE_INTERFACE];
  const options = { env: ENVIRONMENT, timeout: LIMIT_MS, maxBuffer: MAX_OUTPUT_BYTES } as const;
  return new Promise((resolve) => {
    execFile("busctl", [...args, ...names], options, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}

/** sd_bus_path_encode(3): everything but ASCII letters and digits as `_` and two hex digits. */
function busLabel(unit: string): string {
  return unit.replaceAll(/[^A-Za-z0-9]/gu, (character) =>
    Buffer.from(character).toString("hex").replaceAll(/../gu, "_$&"),
  );
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
