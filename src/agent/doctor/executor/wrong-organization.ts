import { printable } from "../../../lib/printable.ts";
import { asRoot, forAgent, shellWord } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import { keyOf } from "./namesake.ts";

/** The key is of another organization than the executor was in. */
export interface WrongOrganization {
  readonly executor: string;
  /** The slug, or else the ID. */
  readonly own: string;
  /** That of the key, if it is known. */
  readonly theirs: string | undefined;
}

/**
 * Most often the key is the mistake, so the way back comes first. `isMadeHere`: this host makes
 * keys.
 */
export function organizationSteps(
  { executor, own, theirs }: WrongOrganization,
  isMadeHere: boolean,
): readonly Step[] {
  const ours = `organization ${printable(own, 64)}`;
  const back = isMadeHere
    ? [
        step(
          `The executor ${printable(executor, 64)} belongs to ${ours}. To make a key of that and put it in, run:`,
          keyOf(own, executor, "set-key"),
        ),
      ]
    : [
        step(
          `The executor ${printable(executor, 64)} belongs to ${ours}. To make a key of that, run on the host of the control plane:`,
          asRoot(
            `novacula-control-plane keys create --org ${shellWord(own)} --target ${shellWord(executor)}`,
          ),
        ),
        step("To put it in, run:", forAgent("set-key")),
      ];
  const target =
    theirs === undefined ? "the organization of the key" : `organization ${printable(theirs, 64)}`;
  return [
    ...back,
    step(
      `To move this host to ${target} instead, and give it a key of that, run:`,
      forAgent("set-key --new-organization"),
    ),
  ];
}
