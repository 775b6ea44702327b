import { VERSION } from "../version.ts";

/** The build of the binary defines it; in a checkout it does not exist. */
declare const NOVACULA_COMMIT: string | undefined;

/** `novacula-agent 0.1.0 (abc1234, linux-x64, Node v24.1.0)`; "development" in a checkout. */
export function versionText(program: string): string {
  const commit = typeof NOVACULA_COMMIT === "string" ? NOVACULA_COMMIT : "development";
  return `${program} ${VERSION} (${commit}, ${process.platform}-${process.arch}, Node ${process.version})`;
}
