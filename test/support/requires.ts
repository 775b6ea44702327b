/**
 * For a test that cannot run on every machine (no root, no Chromium, no vim):
 * `it.skipIf(lacks(…))`. Each reason is printed once. CI installs everything that tests need, so
 * there a missing program fails the test.
 */
export function lacks(need: string, isPresent: boolean): boolean {
  if (isPresent) {
    return false;
  }
  if (process.env["CI"] !== undefined) {
    throw new Error(`CI lacks ${need}: .ci/run must install it`);
  }
  process.stderr.write(`skipped, for this machine lacks ${need}\n`);
  return true;
}
