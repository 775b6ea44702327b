import type { Exchange, HandPlace } from "./recorded-hand.ts";

/** A request to the hand on a host, and everything that has to come of it. */
export interface HandCase {
  readonly request: string;
  readonly place?: HandPlace;
  /** The last line of the answer. */
  readonly answer: string;
  /** What changes something, or reads a journal: verb and arguments. Default: nothing. */
  readonly effects?: readonly string[];
  /** The lines for the journal. By default: one for what was done or refused. */
  readonly notes?: string;
}

const U = "bitcoin-node@a.service";
const [EL, CL] = ["ethereum-el@a.service", "ethereum-cl@a.service"];
const RUN = [`enable --quiet ${U}`, `start --no-block ${U}`];
const HOUR_S = 3600;
const NOT_INSTALLED = "error the unit file is not the one that was installed";
const NOT_A_NODE = "error not a name of a node";
const NOT_A_NUMBER = "error not a number";
const REVERT =
  "revert bitcoin-node@a.service litecoin-node@a.service monero-node@a.service ethereum-el@a.service ethereum-cl@a.service dev-ethereum-node@a.service";

function units(count: number, more: readonly string[] = []): readonly string[] {
  return [...Array.from({ length: count - more.length }, (_, n) => `monero-node@n${n}.service`), ...more];
}

function running(names: readonly string[]): HandPlace {
  return { environment: { LISTED: names.map((name) => `${name} loaded active running x`).join("\n") } };
}

function done(name: string, count: number, ageSeconds: number): HandPlace {
  return { counts: { [name]: Array.from({ length: count }, () => ageSeconds) } };
}

function found(place: string, own?: string): HandPlace {
  return { environment: { PLACE: place }, ...(own !== undefined && { own }) };
}

function limit(words: string, ...set: readonly string[]): HandCase {
  return set.length === 0
    ? { request: `limit ${U} ${words}`, answer: NOT_A_NUMBER }
    : {
        request: `limit ${U} ${words}`,
        answer: "ok",
        effects: [`set-property ${U} ${set.join(" ")}`],
        notes: `<5>limit ${U} ${set.join(" ")}\n`,
      };
}

function logs(lines: string, isGiven: boolean, place: HandPlace = {}): HandCase {
  const request = `logs ${U} ${lines}`;
  const journal = `--quiet --no-pager --output=json --output-fields=MESSAGE,PRIORITY --unit=${U} --lines=${lines}`;
  return isGiven
    ? { request, place, answer: "ok", effects: [journal], notes: "" }
    : { request, place, answer: "error logs needs 1 to 1000 lines" };
}

const DELETED = {
  request: `delete ${EL} data=a`,
  answer: "ok",
  effects: [`clean --what=state ${EL}`, REVERT],
  notes: `<5>deleting the data of node a\n<5>delete ${EL} data=a\n`,
} satisfies HandCase;

const REQUESTS = {
  "no request": { request: "", answer: "error a request has a verb and a unit" },
  "a verb alone": { request: "run", answer: "error a request has a verb and a unit" },
  "an unknown verb": { request: `enable ${U}`, answer: "error not a verb" },
  "200 characters": { request: `run ${U}`.padEnd(200), answer: "ok", effects: RUN, notes: `<5>run ${U}\n` },
  "201 characters": { request: `run ${U}`.padEnd(201), answer: "error the request is too long" },
  "a character of a shell": {
    request: `run ${U};x`,
    answer: "error the request has other characters than it may",
  },
  "a pattern": { request: "run *", answer: "error the request has other characters than it may" },
  "no unit of a template": { request: "run novacula-agent.service", answer: "error not the name of a unit" },
  "another type of unit": { request: "run bitcoin-node@a.socket", answer: "error not the name of a unit" },
  "an unknown kind": { request: "run evil-node@a.service", answer: "error not a kind of node" },
  "a part of a kind": { request: "run bitcoin-nod@a.service", answer: "error not a kind of node" },
  "a kind as a pattern": { request: "run bitcoin.node@a.service", answer: "error not a kind of node" },
  "a kind as an option": { request: "run --help@a.service", answer: "error not a kind of node" },
  "a node without a name": { request: "run bitcoin-node@.service", answer: NOT_A_NODE },
  "a node that begins with a hyphen": { request: "run bitcoin-node@-a.service", answer: NOT_A_NODE },
  "a node that ends with a hyphen": { request: "run bitcoin-node@a-.service", answer: NOT_A_NODE },
  "a node with a capital": { request: "run bitcoin-node@A.service", answer: NOT_A_NODE },
  "a node with a dot": { request: "run bitcoin-node@a.b.service", answer: NOT_A_NODE },
  "a node of 26 characters": {
    request: `stop bitcoin-node@${"a".repeat(26)}.service`,
    answer: "ok",
    effects: [`stop --no-block bitcoin-node@${"a".repeat(26)}.service`],
  },
  "a node of 27 characters": { request: `stop bitcoin-node@${"a".repeat(27)}.service`, answer: NOT_A_NODE },
} as const satisfies Record<string, HandCase>;

const PLACES = {
  "a unit of nobody": { request: `stop ${U}`, place: found(""), answer: NOT_INSTALLED },
  "a unit of somebody else": {
    request: `stop ${U}`,
    place: found("/etc/systemd/system/bitcoin-node@.service"),
    answer: NOT_INSTALLED,
  },
  "a unit of another kind": {
    request: `stop ${U}`,
    place: found("/usr/lib/systemd/system/monero-node@.service"),
    answer: NOT_INSTALLED,
  },
  "a unit by the old name of its folder": {
    request: `stop ${U}`,
    place: found("/lib/systemd/system/bitcoin-node@.service"),
    answer: "ok",
    effects: [`stop --no-block ${U}`],
  },
  "a packaged unit of a hand without a package": {
    request: `stop ${U}`,
    place: found("/usr/lib/systemd/system/bitcoin-node@.service", "/usr/local/lib/novacula"),
    answer: NOT_INSTALLED,
  },
  "a unit that its group may write": {
    request: `stop ${U}`,
    place: { mode: 0o664 },
    answer: "error the unit file is not only root's",
  },
  "a unit that all may write": {
    request: `stop ${U}`,
    place: { mode: 0o646 },
    answer: "error the unit file is not only root's",
  },
} as const satisfies Record<string, HandCase>;

const VERBS = {
  run: { request: `run ${U}`, answer: "ok", effects: RUN },
  "run, enabled already": {
    request: `run ${U}`,
    place: { enabled: [U] },
    answer: "ok",
    effects: [`start --no-block ${U}`],
  },
  "run with an argument": { request: `run ${U} x`, answer: "error run has no arguments" },
  "run beside 63": { request: `run ${U}`, place: running(units(63)), answer: "ok", effects: RUN },
  "run beside 64": { request: `run ${U}`, place: running(units(64)), answer: "error 64 processes at most" },
  "run as one of 64": { request: `run ${U}`, place: running(units(64, [U])), answer: "ok", effects: RUN },
  "run beside 64 that start at boot": {
    request: `run ${U}`,
    place: { enabled: units(64) },
    answer: "error 64 processes at most",
  },
  "run beside 40 that run and start at boot": {
    request: `run ${U}`,
    place: { ...running(units(40)), enabled: units(40) },
    answer: "ok",
    effects: RUN,
  },
  "run that cannot be enabled": {
    request: `run ${U}`,
    place: { environment: { FAILING: "enable" } },
    answer: `error systemctl enable: no [1m ${"0".repeat(143)}`,
  },
  stop: { request: `stop ${U}`, answer: "ok", effects: [`stop --no-block ${U}`] },
  "stop, enabled": {
    request: `stop ${U}`,
    place: { enabled: [U] },
    answer: "ok",
    effects: [`disable --quiet ${U}`, `stop --no-block ${U}`],
  },
  "stop with an argument": { request: `stop ${U} x`, answer: "error stop has no arguments" },
  "restart of what runs": {
    request: `restart ${U}`,
    place: running([U]),
    answer: "ok",
    effects: [`restart --no-block ${U}`],
  },
  "restart of what starts at boot": {
    request: `restart ${U}`,
    place: { enabled: [U] },
    answer: "ok",
    effects: [`restart --no-block ${U}`],
  },
  "restart of what is not to run": { request: `restart ${U}`, answer: "error it is not to run" },
  "restart with an argument": {
    request: `restart ${U} x`,
    place: running([U]),
    answer: "error restart has no arguments",
  },
  "logs 0": logs("0", false),
  "logs 1": logs("1", true),
  "logs 10": logs("10", true),
  "logs 999": logs("999", true),
  "logs 1000": logs("1000", true),
  "logs 1001": logs("1001", false),
  "logs 01": logs("01", false),
  "logs of two units": logs("1 --unit=ssh", false),
} as const satisfies Record<string, HandCase>;

const LIMITS = {
  "all limits": limit(
    "MemoryHigh=1 MemoryMax=2 CPUQuota=150 IOWeight=50",
    ...["MemoryHigh=1", "MemoryMax=2", "CPUQuota=150%", "IOWeight=50"],
  ),
  "no limits": limit(
    "MemoryHigh=none MemoryMax=none CPUQuota=none IOWeight=none",
    ...["MemoryHigh=infinity", "MemoryMax=infinity", "CPUQuota=", "IOWeight="],
  ),
  "a limit of 15 digits": limit(`MemoryMax=${"9".repeat(15)}`, `MemoryMax=${"9".repeat(15)}`),
  "a limit of 16 digits": limit(`MemoryMax=${"9".repeat(16)}`),
  "a limit of 0": limit("IOWeight=0"),
  "a limit with a unit": limit("MemoryMax=1G"),
  "a limit without a value": limit("MemoryMax="),
  "a limit of another name": { request: `limit ${U} User=1`, answer: "error not a limit" },
  "a limit with two equals signs": limit("MemoryMax=1=1"),
  "a limit of nothing": { request: `limit ${U}`, answer: "error limit has one to four arguments" },
  "five limits": {
    request: `limit ${U}${" IOWeight=1".repeat(5)}`,
    answer: "error limit has one to four arguments",
  },
  "the 256th unit with limits": {
    ...limit("IOWeight=1", "IOWeight=1"),
    place: { limited: units(255) },
  },
  "the 257th unit with limits": {
    request: `limit ${U} IOWeight=1`,
    place: { limited: units(256) },
    answer: "error 256 units with limits at most",
  },
  "one of 256 units with limits": {
    ...limit("IOWeight=1", "IOWeight=1"),
    place: { limited: units(256, [U]) },
  },
} as const satisfies Record<string, HandCase>;

const DELETIONS = {
  delete: DELETED,
  "delete of what has failed": { ...DELETED, place: { environment: { STATE: `${CL} failed` } } },
  "delete without a word": {
    request: `delete ${EL}`,
    answer: "error delete must be confirmed with data=NODE",
  },
  "delete with another's name": {
    request: `delete ${EL} data=b`,
    answer: "error delete must be confirmed with data=NODE",
  },
  "delete of what runs": {
    request: `delete ${EL} data=a`,
    place: { environment: { STATE: `${EL} active` } },
    answer: `error ${EL} is not stopped`,
  },
  "delete beside another process that stops": {
    request: `delete ${EL} data=a`,
    place: { environment: { STATE: `${CL} deactivating` } },
    answer: `error ${CL} is not stopped`,
  },
  "delete beside another process that starts at boot": {
    request: `delete ${EL} data=a`,
    place: { enabled: [CL] },
    answer: `error ${CL} is to run`,
  },
  "the fourth deletion of an hour": { ...DELETED, place: done("deletions", 3, 0) },
  "the fifth deletion of an hour": {
    request: `delete ${EL} data=a`,
    place: done("deletions", 4, HOUR_S - 60),
    answer: "error 4 deletions within an hour at most",
  },
  "the fifth deletion of an hour, after an old one": {
    request: `delete ${EL} data=a`,
    place: { counts: { deletions: [HOUR_S + 60, 60, 50, 40, 30] } },
    answer: "error 4 deletions within an hour at most",
  },
  "a deletion an hour after four": { ...DELETED, place: done("deletions", 4, HOUR_S + 1) },
  "a deletion that cannot be done": {
    request: `delete ${EL} data=a`,
    place: { environment: { FAILING: "clean" } },
    answer: `error systemctl clean: no [1m ${"0".repeat(143)}`,
    notes: `<5>deleting the data of node a\n<4>refused: systemctl clean: no [1m ${"0".repeat(143)}\n`,
  },
} as const satisfies Record<string, HandCase>;

const TOO_MANY = "error 1200 changes within an hour at most";
const COUNTS = {
  "the 1200th change of an hour": {
    request: `run ${U}`,
    place: done("changes", 1199, 0),
    answer: "ok",
    effects: RUN,
  },
  "one more run": { request: `run ${U}`, place: done("changes", 1200, HOUR_S - 60), answer: TOO_MANY },
  "one more restart": {
    request: `restart ${U}`,
    place: { ...running([U]), ...done("changes", 1200, 0) },
    answer: TOO_MANY,
  },
  "one more limit": { request: `limit ${U} IOWeight=1`, place: done("changes", 1200, 0), answer: TOO_MANY },
  "a stop after 1200 changes": {
    request: `stop ${U}`,
    place: done("changes", 1200, 0),
    answer: "ok",
    effects: [`stop --no-block ${U}`],
  },
  "logs after 1200 changes": logs("1", true, done("changes", 1200, 0)),
  "a change an hour after 1200": {
    request: `run ${U}`,
    place: done("changes", 1200, HOUR_S + 1),
    answer: "ok",
    effects: RUN,
  },
  "the 299th line of an hour": { ...limit("IOWeight=1", "IOWeight=1"), place: done("lines", 298, 0) },
  "the 300th line of an hour": {
    request: `stop ${U}`,
    place: done("lines", 299, 0),
    answer: "ok",
    effects: [`stop --no-block ${U}`],
    notes: `<5>stop ${U}\n<4>more lines within an hour are left out\n`,
  },
  "the 301st line of an hour": {
    request: `stop ${U}`,
    place: done("lines", 300, 0),
    answer: "ok",
    effects: [`stop --no-block ${U}`],
    notes: "",
  },
  "a deletion after 300 lines": {
    ...DELETED,
    place: done("lines", 300, 0),
    notes: "<5>deleting the data of node a\n",
  },
} as const satisfies Record<string, HandCase>;

export const HAND_CASES: Readonly<Record<string, HandCase>> = {
  ...REQUESTS,
  ...PLACES,
  ...VERBS,
  ...LIMITS,
  ...DELETIONS,
  ...COUNTS,
};

/** What the hand did and what it should have done; the two are equal if it is right. */
export function judged(given: HandCase, { answer, calls, notes }: Exchange) {
  const { request, effects = [] } = given;
  const last = given.answer.replace(/^error /u, "");
  const words = request.trimEnd();
  const usual = given.answer === "ok" ? `<5>${words}\n` : `<4>refused: ${last}\n`;
  const isChange = (verb: string | undefined) => verb !== "show" && verb !== "list-units";
  // Of a systemctl that fails, the call is no effect.
  const failing = given.place?.environment?.["FAILING"];
  const seen = calls.map(([, ...args]) => args).filter(([verb]) => isChange(verb) && verb !== failing);
  return {
    is: { answer: answer.trimEnd().split("\n").at(-1), effects: seen.map((args) => args.join(" ")), notes },
    should: { answer: given.answer, effects, notes: given.notes ?? usual },
  };
}
