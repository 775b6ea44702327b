import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, forAgent, shellWord } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";

/** An executor with the judged one's name, as the control plane of this host has it. */
export interface Namesake {
  /** The slug. */
  readonly organization: string;
  readonly isOnline: boolean;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Epoch ms; undefined: none. */
  readonly lastSyncAt: number | undefined;
}

/** Those of its name, as the control plane of this host has them. */
export interface Namesakes {
  readonly name: string;
  /** The slug of the organization of the judged executor's key. */
  readonly organization: string;
  readonly all: readonly Namesake[];
}

/** What was tried for a shorter time left an executor that nobody expects. */
const TRIAL_MS = 24 * 3600 * 1000;

/**
 * The executor that people may expect on this host: it is offline in another organization, and was
 * there before this one, or for long. The last one that synced; undefined: none is.
 */
export function expectedInstead({ organization, all }: Namesakes): Namesake | undefined {
  const own = all.find((each) => each.organization === organization);
  const bornAt = own?.createdAt ?? Number.POSITIVE_INFINITY;
  return all
    .filter((each) => each.organization !== organization && !each.isOnline)
    .filter(({ createdAt, lastSyncAt = 0 }) => createdAt < bornAt || lastSyncAt - createdAt > TRIAL_MS)
    .sort((a, b) => (b.lastSyncAt ?? 0) - (a.lastSyncAt ?? 0))[0];
}

/** A clause for behind the organization of the key. */
export function namesakeText({ name, organization }: Namesakes, { lastSyncAt, ...other }: Namesake): string {
  const last = lastSyncAt === undefined ? "" : `, last seen at ${utcTime(lastSyncAt)}`;
  return `but the executor ${printable(name, 64)} of organization ${printable(other.organization, 64)} is offline${last}: this key makes the host that of ${printable(organization, 64)}`;
}

export function namesakeRemedy({ name, organization }: Namesakes, other: Namesake): Remedy {
  const theirs = printable(other.organization, 64);
  return [
    step(
      `If this host is to be the one of organization ${theirs}, make a key of that and put it in:`,
      keyOf(other.organization, name, "set-key --new-organization"),
    ),
    step(
      `If ${printable(organization, 64)} is right, and nobody needs the one of ${theirs}, delete that:`,
      asRoot(
        `novacula-control-plane executors delete --org ${shellWord(other.organization)} ${shellWord(name)}`,
      ),
    ),
  ];
}

/**
 * Makes a key for the executor `name` of an organization on this host, and hands it to the command
 * `setKey` of the agent: through a pipe, so no screen shows it.
 */
export function keyOf(organization: string, name: string, setKey: string): string {
  const create = `novacula-control-plane keys create --org ${shellWord(organization)} --target ${shellWord(name)} --key-only`;
  return `${asRoot(create)} | ${forAgent(setKey)}`;
}
