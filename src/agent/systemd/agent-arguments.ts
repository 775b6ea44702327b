import { basename, resolve } from "node:path";

/** Whether these are the arguments of `novacula-agent run`: of the program, or of its source. */
export function runsAgent(args: readonly string[]): boolean {
  const isProgram = basename(args[0] ?? "") === "novacula-agent";
  const script = args.findIndex((arg, index) => index > 0 && !arg.startsWith("-"));
  const isSource =
    /^node\b/u.test(basename(args[0] ?? "")) && /(?:^|\/)agent\/main\.[cm]?[jt]s$/u.test(args[script] ?? "");
  return (isProgram && args[1] === "run") || (isSource && args[script + 1] === "run");
}

/** The absolute path of `--config` in these arguments; a relative one counts from `folder`. */
export function configArgumentOf(args: readonly string[], folder: string): string | undefined {
  const at = args.findIndex((arg) => arg === "-c" || arg === "--config");
  const joined = args.find((arg) => arg.startsWith("--config="))?.slice("--config=".length);
  const path = at < 0 ? joined : args[at + 1];
  return path === undefined ? undefined : resolve(folder, path);
}
