import { readFile, writeFile } from "node:fs/promises";
import { OperatorError } from "../../../lib/errors.ts";
import { formatIssue } from "../../config/issue/config-issue.ts";
import { type Loaded, loadConfig } from "../../config/load-config.ts";
import { type DevFolder, writeConfig } from "./dev-folder.ts";

/**
 * The agent's configuration, for the control plane at `url`; written if there is none. Rejects with
 * an OperatorError if it cannot be used.
 */
export async function ensureConfig(url: string, folder: DevFolder, environment: NodeJS.ProcessEnv) {
  const text = await readFile(folder.configPath, "utf8").catch(() => undefined);
  if (text === undefined) {
    await writeConfig(folder, url);
  } else {
    // The port may have changed. The rest of the file belongs to the user.
    const moved = text.replace(OWN_URL, `$1${url}`);
    if (moved !== text) {
      await writeFile(folder.configPath, moved);
    }
  }
  const loaded = await loadConfig(folder.configPath, environment);
  if (loaded.verdict === "invalid") {
    throw unusable(loaded);
  }
  const { url: written } = loaded.config.controlPlane;
  if (written !== url) {
    throw new OperatorError(
      `${loaded.path} is for ${written}, not for the control plane of dev. Fix: delete it, or use another folder with --directory`,
    );
  }
  return loaded;
}

const OWN_URL = /^(\s*url\s*=\s*")http:\/\/127\.0\.0\.1:(\d+)(?=")/mu;

/** The port of the last run. */
export async function portBefore(folder: DevFolder): Promise<number | undefined> {
  const text = await readFile(folder.configPath, "utf8").catch(() => "");
  const port = OWN_URL.exec(text)?.[2];
  return port === undefined ? undefined : Number(port);
}

function unusable({ issues, path }: Extract<Loaded, { verdict: "invalid" }>): OperatorError {
  return new OperatorError(
    `${path} is not valid. Fix: correct or delete it.\n${issues.map(formatIssue).join("\n")}`,
  );
}
