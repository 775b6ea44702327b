/** What others leave for the agent's loop, in order. One reader. */
export interface Mailbox<Message> {
  put(message: Message): void;
  take(): Message | undefined;
  /** Resolves when there is something to take, after `ms` at the latest, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest time that a timer of Node can wait, ms; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createMailbox<Message>(): Mailbox<Message> {
  const messages: Message[] = [];
  let wake: (() => void) | undefined;
  return {
    put(message) {
      messages.push(message);
      wake?.();
    },
    take: () => messages.shift(),
    wait(ms, signal) {
      if (messages.length > 0 || signal.aborted || ms <= 0) {
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", finish);
          wake = undefined;
          resolve();
        };
        const timer = setTimeout(finish, Math.min(ms, LONGEST_TIMER_MS));
        signal.addEventListener("abort", finish);
        wake = finish;
      });
    },
  };
}
