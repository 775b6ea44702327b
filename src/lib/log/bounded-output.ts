/**
 * The part of a stream such as process.stdout that is used. Without `writableLength`, nothing
 * counts as waiting.
 */
export interface OutputStream {
  write(text: string): unknown;
  /** The bytes that wait for the reader. */
  readonly writableLength?: number;
  once?(event: "drain", listener: () => void): unknown;
}

const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Writes lines for a reader that may stop reading. At most 1 MiB waits for it; further lines are
 * left out and counted. `sayLeftOut` is called once the reader has caught up.
 */
export function boundedOutput(
  stream: OutputStream,
  sayLeftOut: (count: number) => void,
): { write(line: string): void } {
  let leftOut = 0;
  const whenRead = () => {
    const count = leftOut;
    leftOut = 0;
    sayLeftOut(count);
  };
  return {
    write(line) {
      if ((stream.writableLength ?? 0) < MAX_WAITING_BYTES) {
        return void stream.write(line);
      }
      if (leftOut === 0) {
        stream.once?.("drain", whenRead);
      }
      leftOut += 1;
    },
  };
}
