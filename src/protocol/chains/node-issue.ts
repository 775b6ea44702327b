import { printable } from "../../lib/printable.ts";

export const NODE_ISSUE_CODES = [
  "unknown_chain",
  "unknown_network",
  "unknown_node_type",
  "missing_role",
  "unknown_role",
  "unknown_client",
  "unknown_version",
  "downgrade",
  "managed_setting",
  "unknown_setting",
  "bad_value",
  "unknown_port",
  "port_clash",
  "duplicate",
] as const;

/** One entry of a node's configuration that cannot be carried out. */
export interface NodeIssue {
  readonly code: (typeof NODE_ISSUE_CODES)[number];
  /** `overrides.node.dbcache`. */
  readonly place: string;
  /** A sentence for a person, in one printable line. */
  readonly message: string;
}

export function duplicates(list: string, names: readonly (readonly string[])[]): readonly NodeIssue[] {
  const all = names.map((name) => JSON.stringify(name));
  return names
    .filter((_name, index) => {
      const before = all.slice(0, index).filter((each) => each === all[index]).length;
      return before === 1;
    })
    .map((name) => issue("duplicate", [list, ...name], `${shown(name.join("."))} is there more than once.`));
}

export function unknown(
  code: NodeIssue["code"],
  place: readonly string[],
  what: string,
  name: string,
  choices: readonly string[],
): NodeIssue {
  return issue(code, place, `There is no ${what} named "${shown(name)}". ${oneOf(choices)}`);
}

export function oneOf(names: readonly string[]): string {
  return names.length === 0 ? "There is none." : `Choose one of: ${names.join(", ")}.`;
}

export function issue(code: NodeIssue["code"], place: readonly string[], message: string): NodeIssue {
  return { code, place: place.map(shown).join("."), message };
}

/** Names and values come from outside, and a program may ask before it has decoded them. */
export function shown(text: string): string {
  return printable(text, 64);
}
