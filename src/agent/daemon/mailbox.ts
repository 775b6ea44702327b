import { WaitList } from "../../lib/wait-list.ts";

/** What others leave for the loop, in order. One reader. */
interface Mailbox<Message> {
  put(message: Message): void;
  take(): Message | undefined;
  /** Resolves once there is a message, after `ms` at the latest, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createMailbox<Message>(): Mailbox<Message> {
  const messages: Message[] = [];
  const reader = new WaitList();
  return {
    put(message) {
      messages.push(message);
      reader.wake();
    },
    take: () => messages.shift(),
    async wait(ms, signal) {
      if (messages.length === 0 && ms > 0) {
        await reader.wait(ms, signal);
      }
    },
  };
}
