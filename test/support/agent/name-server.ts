import type { OwnHost } from "./own-host.ts";

/** A question: `cp.corp.test`, `A`. */
export interface NameQuestion {
  readonly name: string;
  readonly type: string;
}

/**
 * `silent`: no answer. An address answers questions for it; other types have no records.
 * `truncated`: ask by TCP, where nobody answers. `wrong-id`: an answer to another question.
 */
export type NameAnswer =
  | "silent"
  | "no-such-name"
  | "failure"
  | "refused"
  | "no-records"
  | "truncated"
  | "wrong-id"
  | { readonly address: string; readonly afterMs?: number };

export interface NameServer extends AsyncDisposable {
  /** All questions so far, repeated ones too. */
  readonly questions: readonly NameQuestion[];
  respond(behaviour: (question: NameQuestion) => NameAnswer): void;
}

const DNS_PORT = 53;
const TYPES = new Map([
  [1, "A"],
  [28, "AAAA"],
]);
/** The flags of a response: recursion desired and available, and how it went. */
const FLAGS: Readonly<Partial<Record<Extract<NameAnswer, string>, number>>> = {
  "no-such-name": 0x81_83,
  failure: 0x81_82,
  refused: 0x81_85,
  truncated: 0x83_80,
};

/** A real name server (RFC 1035, UDP) at `address` of `host`. At first it is silent. */
export async function startNameServer(host: OwnHost, address: string): Promise<NameServer> {
  const socket = await host.udp(address, DNS_PORT);
  const questions: NameQuestion[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let behaviour: (question: NameQuestion) => NameAnswer = () => "silent";
  socket.on("message", (packet, from) => {
    const { question, end } = readQuestion(packet);
    questions.push(question);
    const answer = behaviour(question);
    if (answer === "silent") {
      return;
    }
    const afterMs = typeof answer === "string" ? 0 : (answer.afterMs ?? 0);
    const timer = setTimeout(() => {
      timers.delete(timer);
      socket.send(makeAnswer(packet.subarray(0, end), question, answer), from.port, from.address);
    }, afterMs);
    timers.add(timer);
  });
  return {
    questions,
    respond(next) {
      behaviour = next;
    },
    async [Symbol.asyncDispose]() {
      timers.forEach(clearTimeout);
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

/** The question, and where it ends in the packet, bytes. */
function readQuestion(packet: Buffer): { readonly question: NameQuestion; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = packet.readUInt16BE(at + 1);
  return { question: { name: labels.join("."), type: TYPES.get(type) ?? String(type) }, end: at + 5 };
}

function makeAnswer(asked: Buffer, { type }: NameQuestion, answer: Exclude<NameAnswer, "silent">): Buffer {
  const head = Buffer.from(asked);
  const isKnown = typeof answer === "object" && type === "A";
  if (answer === "wrong-id") {
    head.writeUInt16BE(head.readUInt16BE(0) ^ 0xff_ff, 0);
  }
  // No authority and no additional records.
  head.writeUInt16BE((typeof answer === "string" ? FLAGS[answer] : undefined) ?? 0x81_80, 2);
  head.writeUInt16BE(isKnown ? 1 : 0, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  if (!isKnown) {
    return head;
  }
  const octets = answer.address.split(".").map(Number);
  // The name of the question, type A, class IN, no time to live, 4 bytes.
  return Buffer.concat([head, Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...octets])]);
}
