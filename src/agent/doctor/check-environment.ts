import { COMMENT_IN_VALUE, holdsComment } from "../../lib/command-line/environment-variable.ts";
import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { step } from "../../lib/text/remedy.ts";
import { PROXY_VARIABLES } from "../sync/network/proxy-route.ts";
import { RUNTIME_VARIABLES } from "../systemd/runtime-variables.ts";
import type { ServiceEnvironment } from "../systemd/service/service-environment.ts";
import type { Check } from "./examination.ts";

/** A file in another format may have nothing but such lines. */
const MOST_LINES = 3;

/**
 * Warns of variables in the unit that change how the program itself works, and of lines that set
 * none. Gives only their names and places, because a value may be a secret.
 */
export function checkEnvironment({
  variables,
  sources,
  unset,
  ignored,
}: ServiceEnvironment): readonly Check[] {
  return [
    ...ignoredLines(ignored),
    ...oddValues(variables, sources),
    ...warningOf(sources, "which can change what the program loads, trusts or writes"),
    ...warningOf(unset, "which has no effect because of UnsetEnvironment="),
  ];
}

function ignoredLines(places: readonly string[]): readonly Check[] {
  if (places.length === 0) {
    return [];
  }
  const shown = places.slice(0, MOST_LINES).map((place) => printable(place, 400));
  const more = places.length > MOST_LINES ? ` and ${places.length - MOST_LINES} more` : "";
  return [
    {
      stage: "unit",
      status: "warning",
      detail: `systemd ignores ${shown.join(", ")}${more}: a line of an EnvironmentFile= sets a variable only as NAME=value, without export`,
      remedy: [step("Write it as NAME=value, then run:", asRoot("novacula-agent restart"))],
    },
  ];
}

/** What the agent reads of its environment, and a person sets. */
const READ_VARIABLES = ["NOVACULA_CONFIG", ...PROXY_VARIABLES];

function oddValues(
  variables: ServiceEnvironment["variables"],
  sources: ServiceEnvironment["sources"],
): readonly Check[] {
  return READ_VARIABLES.filter((name) => holdsComment(variables[name] ?? "")).map((name) => ({
    stage: "unit",
    status: "warning",
    detail: `${name} (${printable(sources.get(name), 400)}) ends in a comment, but ${COMMENT_IN_VALUE}`,
    remedy: [
      step(
        "Put the comment on a line of its own, then run:",
        asRoot("systemctl daemon-reload"),
        asRoot("novacula-agent restart"),
      ),
    ],
  }));
}

function warningOf(sources: ReadonlyMap<string, string>, effect: string): readonly Check[] {
  const found = RUNTIME_VARIABLES.filter((name) => sources.has(name));
  if (found.length === 0) {
    return [];
  }
  const places = found.map((name) => `${name} (${printable(sources.get(name), 400)})`);
  return [
    {
      stage: "unit",
      status: "warning",
      detail: `set for the service: ${places.join(", ")}, ${effect}`,
      remedy: [
        step(
          "Remove that there (for a private CA, set control_plane.ca_file), then run:",
          asRoot("systemctl daemon-reload"),
          asRoot("novacula-agent restart"),
        ),
      ],
    },
  ];
}
