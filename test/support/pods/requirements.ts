import { execFileSync } from "node:child_process";

/** Tools that run images → the Debian package, which .ci/packages lists. */
const TOOLS = { runc: "runc", umoci: "umoci", flock: "util-linux" } as const;

/** What keeps this machine from building and running images; undefined if nothing does. */
export function missingForImages(): string | undefined {
  if (process.getuid?.() !== 0) {
    return "root, which containers need";
  }
  const missing = Object.entries(TOOLS).find(([tool]) => !hasTool(tool));
  return missing === undefined ? undefined : `${missing[0]} (Debian package ${missing[1]})`;
}

function hasTool(tool: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`]);
    return true;
  } catch {
    return false;
  }
}
