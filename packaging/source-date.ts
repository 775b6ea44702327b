import { CHECKOUT } from "./paths.ts";
import { runTool } from "./run-tool.ts";

/**
 * The time of https://reproducible-builds.org/specs/source-date-epoch/, or else of the last commit.
 */
export async function sourceDate(): Promise<Date> {
  const seconds =
    process.env["SOURCE_DATE_EPOCH"] ??
    (await runTool("git", ["log", "-1", "--format=%ct"], { cwd: CHECKOUT }));
  return new Date(Number(seconds) * 1000);
}
