import { processKinds } from "../../../src/protocol/chains/process-kinds.ts";

/** Pieces that mean something to a shell, to systemctl, or to a path. */
const NASTY = [
  ..."$(id) `id` ;id |id &&id >x <x * ? [a-z] ~ \\ ' \" # %i %n / ../ .. //etc @ @@ _ : ,".split(" "),
  ...".service .target .socket -- -H --root=/ --user = == data= User=root MemoryMax=".split(" "),
  ..."novacula-agent.service ssh.service sysinit.target ExecStart=/bin/sh 0 00 -1 1e9 infinity none".split(
    " ",
  ),
  ..."999999999999999 9999999999999999 1001 é 😀".split(" "),
  ...["\n", "\r", "\t", "\0", "\v", "\x7f", "\x80", " ", "  ", " ".repeat(180)],
];
const GOOD_VERBS = ["run", "stop", "restart", "limit", "delete", "logs"] as const;
const BAD_VERBS = ["start", "enable", "show", "edit", "RUN", ""] as const;
const VERBS = [...GOOD_VERBS, ...GOOD_VERBS, ...GOOD_VERBS, ...BAD_VERBS];
const GOOD_LIMITS = ["MemoryHigh", "MemoryMax", "CPUQuota", "IOWeight"];
const LIMITS = [...GOOD_LIMITS, ...GOOD_LIMITS, ...GOOD_LIMITS, "MemoryLow", "DeviceAllow"];
const VALUES = ["1", "50", "1073741824", "none", "150", "7", "0", "01", "", "1000000000000000"];

/** A stream of requests that is the same for the same seed: valid, nearly valid and mad ones. */
export class NastyRequests {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): Buffer {
    const line = Buffer.from(this.#line(), this.#below(4) === 0 ? "utf8" : "latin1");
    return this.#below(50) === 0 ? line : Buffer.concat([line, Buffer.from("\n")]);
  }

  #line(): string {
    switch (this.#below(5)) {
      case 0:
        return this.#almostValid();
      case 1:
        return this.#mutated(this.#almostValid(), 1);
      case 2:
        return this.#mutated(this.#almostValid(), 1 + this.#below(4));
      case 3:
        return Array.from({ length: this.#below(9) }, () =>
          this.#pick([...NASTY, ...VERBS, this.#unit()]),
        ).join(this.#pick(["", " "]));
      default:
        return String.fromCharCode(...Array.from({ length: this.#below(260) }, () => this.#below(256)));
    }
  }

  #unit(): string {
    const { kind } = this.#pick(processKinds());
    return `${kind}@${this.#pick(["known", "a", "btc-1", "known", "eth-2", "x".repeat(26), "x".repeat(27), "-a", "A"])}.service`;
  }

  #almostValid(): string {
    const unit = this.#unit();
    const verb = this.#pick(VERBS);
    const node = unit.slice(unit.indexOf("@") + 1, -".service".length);
    const pairs = Array.from({ length: this.#below(6) }, () => `${this.#pick(LIMITS)}=${this.#pick(VALUES)}`);
    const rest = {
      limit: pairs,
      delete: [`data=${this.#pick([node, "a"])}`],
      logs: [String(this.#below(1200))],
    };
    const words = verb === "limit" || verb === "delete" || verb === "logs" ? rest[verb] : [];
    return [verb, unit, ...words].join(" ");
  }

  #mutated(line: string, times: number): string {
    let text = line;
    for (let count = 0; count < times; count += 1) {
      const at = this.#below(text.length + 1);
      const piece = this.#below(2) === 0 ? this.#pick(NASTY) : String.fromCharCode(this.#below(256));
      text = text.slice(0, at) + piece + text.slice(at + this.#below(3));
    }
    return text;
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) {
      throw new Error("nothing to pick from");
    }
    return item;
  }

  /** mulberry32 */
  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }
}
