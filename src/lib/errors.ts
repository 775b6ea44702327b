/**
 * An error that the operator can fix. Its message is shown without a stack, followed by its causes.
 */
export class OperatorError extends Error {
  override readonly name: string = "OperatorError";
}

/**
 * The messages of an error and its causes, in one line: `cannot read /etc/…: EACCES: permission
 * denied`.
 */
export function errorChain(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current !== undefined && current !== null && parts.length < 8) {
    parts.push(current instanceof Error ? current.message || current.name : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(": ");
}

/**
 * The `code` of an error of the system (`ENOENT`), of undici (`UND_ERR_…`) or of OpenSSL; undefined
 * for any other.
 */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) {
    return undefined;
  }
  return typeof error.code === "string" ? error.code : undefined;
}
