import { printable } from "../../../lib/printable.ts";
import { asRoot, inPlace } from "../../../lib/shell-word.ts";

/** How the control plane is reached without its proxy. */
export interface Detour {
  /** A clause in the imperative about `it`, the control plane. */
  readonly clause: string;
  /** The commands after which it counts, if it changes the unit of the service. */
  readonly run?: string | undefined;
}

/** When, and how. */
export interface ProxyAdvice extends Detour {
  /** Whether nothing else helps: a name of this host never works through a proxy elsewhere. */
  readonly isSure: boolean;
}

/** Whose environment no command changes: `sourceOf` of a command without a service. */
export const SHELL_PLACE = "this shell's environment";

/** What makes a change of a variable count that is set at `place`. Undefined: nobody can tell. */
export function countingAt(place: string | undefined): string | undefined {
  return place === undefined || place === SHELL_PLACE
    ? undefined
    : inPlace<() => string | undefined>({
        host: () => `${asRoot("systemctl daemon-reload")} && ${asRoot("novacula-agent restart")}`,
        pod: () => undefined,
      })();
}

/** The line of /etc/hosts by which a name is this host. */
export interface OwnLine {
  readonly address: string;
  readonly number: number;
}

export function proxyAdvice(name: string, detour: Detour, own: OwnLine | undefined): ProxyAdvice {
  const shown = printable(name, 255);
  const clause =
    own === undefined
      ? `if ${shown} needs no proxy, ${detour.clause}`
      : `${shown} is this host (${own.address}, /etc/hosts line ${own.number}) and needs no proxy: ${detour.clause}`;
  return { ...detour, clause, isSure: own !== undefined };
}

/** A clause that says what to check first, and ends with the commands if there are any. */
export function checkOr(check: string, advice: ProxyAdvice | undefined): string {
  if (advice === undefined) {
    return check;
  }
  const { isSure, clause, run } = advice;
  return `${isSure ? "" : `${check}; `}${clause}${run === undefined ? "" : `, then run: ${run}`}`;
}

/** The same if something else follows. */
export function checkAnd(check: string | undefined, advice: ProxyAdvice | undefined): string {
  if (advice === undefined) {
    return check ?? "";
  }
  const { isSure, clause, run } = advice;
  const ways = isSure ? [clause, check] : [check, clause];
  const counts = run === undefined ? [] : [`a change of the unit counts after ${run}`];
  return [...ways, ...counts].filter((each) => each !== undefined).join("; ");
}
