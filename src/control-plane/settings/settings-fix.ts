import { inPlace } from "../../lib/shell-word.ts";
import { ENVIRONMENT_FILE, readServiceEnvironment, type ServiceEnvironment } from "./variable-source.ts";

const RESTART = "sudo systemctl restart novacula-control-plane";

/** Where to correct the variables `names` of the service or pod, or undefined if it is neither. */
export function settingsFix(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  read: () => ServiceEnvironment = readServiceEnvironment,
): string | undefined {
  if (environment["INVOCATION_ID"] === undefined) {
    return inPlace({
      host: undefined,
      pod: "correct the environment of the container: the values of the chart, or the Secret that they name",
    });
  }
  if (listedPlaces(names, environment, read).size > 0) {
    return `correct them, then run:\n${RESTART}`;
  }
  const { places, unreadable } = read();
  const found = [...new Set(names)].flatMap((name) => {
    const place = places.get(name);
    return place === undefined ? [] : [`${name} is set in ${place}`];
  });
  if (found.length === 0) {
    return `correct it in ${unreadable[0] ?? ENVIRONMENT_FILE}, then run:\n${RESTART}`;
  }
  // What such a file sets counts more than a unit or drop-in.
  const hidden = unreadable.map((path) => `${path} may set it too`);
  return `correct it (${[...found, ...hidden].join("; ")}), then run:\n${RESTART}`;
}

/** Where several variables of the service are set; empty unless that is known of each. */
export function listedPlaces(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  read: () => ServiceEnvironment = readServiceEnvironment,
): ReadonlyMap<string, string> {
  const wanted = new Set(names);
  if (environment["INVOCATION_ID"] === undefined || wanted.size < 2) {
    return new Map();
  }
  const { places, unreadable } = read();
  const isKnown = unreadable.length === 0 && [...wanted].every((name) => places.has(name));
  return isKnown ? places : new Map();
}

/** Where a variable of the service is set, if that is known: a path with a line. */
export function placeOf(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  read: () => ServiceEnvironment = readServiceEnvironment,
): string | undefined {
  return environment["INVOCATION_ID"] === undefined ? undefined : read().places.get(name);
}
