import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

export interface ToolOptions {
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Runs a tool and resolves with its stdout. If it fails, rejects with the end of its output. */
export async function runTool(
  tool: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  try {
    const { stdout } = await execFileAsync(tool, [...args], {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      env: { ...process.env, ...options.environment },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    throw new Error(`${tool} failed: ${lastWords(error)}`, { cause: error });
  }
}

function lastWords(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const said = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return said === "" ? error.message : said.slice(-2000);
}
