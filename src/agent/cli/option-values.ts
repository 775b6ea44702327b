import { InvalidArgumentError, Option } from "commander";

const DEFAULT_WAIT_MS = 30_000;
const MAX_SECONDS = 3600;
const USUAL = "$NOVACULA_CONFIG, else that of the service, else /etc/novacula/agent.toml";

/** `--config`, for commands that read agent.toml. */
export function configOption(usual = USUAL): Option {
  return new Option("-c, --config <file>", `agent.toml (default: ${usual})`).argParser(configFile);
}

/** The same for the agent itself, which does not ask what its service uses. */
export function ownConfigOption(): Option {
  return configOption("$NOVACULA_CONFIG, else /etc/novacula/agent.toml");
}

/** The same for a command that reads the file once: it may be `-`, which is stdin, or a pipe. */
export function configInputOption(): Option {
  return new Option("-c, --config <file>", `agent.toml, a pipe, or - for stdin (default: ${USUAL})`);
}

function configFile(text: string): string {
  if (text === "-") {
    throw new InvalidArgumentError("Only `check` reads it from stdin; this command needs a file.");
  }
  return text;
}

/** `--timeout`, typed in seconds and parsed to milliseconds; 30 s by default. */
export function timeoutOption(what: string): Option {
  return new Option("--timeout <seconds>", what).argParser(seconds).default(DEFAULT_WAIT_MS, "30");
}

/**
 * Converts `--timeout 30` to milliseconds. Throws an InvalidArgumentError unless it is 0 to 3600.
 */
export function seconds(text: string): number {
  const value = /^\d{1,4}(\.\d{1,3})?$/u.test(text) ? Number(text) : Number.NaN;
  if (!(value <= MAX_SECONDS)) {
    throw new InvalidArgumentError(`It must be a number of seconds from 0 to ${MAX_SECONDS}.`);
  }
  return Math.round(value * 1000);
}

/** Returns the fingerprint in `--wait-for key=3fa9c1d2`, or throws an InvalidArgumentError. */
export function awaitedKey(text: string): string {
  const fingerprint = /^key=([0-9a-f]{8})$/iu.exec(text)?.[1];
  if (fingerprint === undefined) {
    throw new InvalidArgumentError(
      "It must be key= and the fingerprint of the key, 8 hex digits: key=3fa9c1d2. `novacula-agent check` shows it.",
    );
  }
  return fingerprint.toLowerCase();
}

/** Converts `--port 8080` to a number from 1 to 65535, or throws an InvalidArgumentError. */
export function portNumber(text: string): number {
  const value = /^\d{1,5}$/u.test(text) ? Number(text) : 0;
  if (value < 1 || value > 65_535) {
    throw new InvalidArgumentError("It must be a port from 1 to 65535.");
  }
  return value;
}
