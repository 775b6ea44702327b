import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { errorCode } from "../../../lib/errors.ts";
import { inPlace, shellWord } from "../../../lib/shell-word.ts";

const BYTES = 32;
const FORM = /^[\w-]{43}\n$/;

/**
 * The secret that signs the sessions if BETTER_AUTH_SECRET is not set: made once, in a file beside
 * the database that only its owner can read. Throws a CommandError if it cannot be used.
 */
export function ownSecret(databasePath: string): string {
  const path = `${databasePath}.sign-in-secret`;
  const made = makeOnce(path);
  const text = made ?? readText(path);
  if (!FORM.test(text)) {
    throw new CommandError("failed", `${path} is damaged, so no session can be signed`, {
      fix: inPlace({
        host: `delete it and start again; everybody has to sign in again:\nsudo rm ${shellWord(path)}`,
        pod: "delete it from its volume and start again; everybody has to sign in again",
      }),
    });
  }
  return text.trim();
}

/** Undefined if the file exists. */
function makeOnce(path: string): string | undefined {
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      const text = `${randomBytes(BYTES).toString("base64url")}\n`;
      writeSync(file, text);
      fsyncSync(file);
      return text;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (errorCode(error) === "EEXIST") {
      return undefined;
    }
    throw unusable(path, "written", error);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unusable(path, "read", error);
  }
}

function unusable(path: string, what: string, cause: unknown): CommandError {
  return new CommandError("failed", `${path} cannot be ${what}, so no session can be signed`, {
    cause,
    fix: "correct its owner or its folder, or set BETTER_AUTH_SECRET (openssl rand -base64 32)",
  });
}
