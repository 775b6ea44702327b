import type { NodeOverride } from "../nodes/node-spec.ts";
import type { ChainClient, KnownSetting, SettingRelation } from "./adapters/adapter.ts";

/** ASCII digits without leading zeros: what every client reads as the same number. */
const INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/u;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
  ["1", true],
  ["0", false],
]);

/** Whether a boolean setting is on; undefined: it is not a boolean. */
export function booleanOf(value: string): boolean | undefined {
  return BOOLEANS.get(value);
}

/** Whether `value` is one that the setting accepts. Nothing else reaches a file or an argument. */
export function isValueOf({ type }: KnownSetting, value: string): boolean {
  switch (type.kind) {
    case "integer": {
      const number = Number(value);
      return INTEGER.test(value) && (number === type.or || (number >= type.least && number <= type.most));
    }
    case "boolean":
      return BOOLEANS.has(value);
    case "choice":
      return type.choices.includes(value);
    case "hex":
      return value.length === type.bytes * 2 && /^[0-9a-f]+$/u.test(value);
  }
}

/** What a setting accepts, for a sentence: `a whole number from 4 to 65536`. */
export function whatItAccepts({ type }: KnownSetting): string {
  switch (type.kind) {
    case "integer":
      return `a whole number from ${type.least} to ${type.most}${type.or === undefined ? "" : `, or ${type.or}`}`;
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${type.choices.join(", ")}`;
    case "hex":
      return `${type.bytes * 2} lower-case hex digits`;
  }
}

/** The relations of the client that these overrides of it break. `0` and `false` are off. */
export function brokenRelations(
  { relations }: ChainClient,
  overrides: readonly NodeOverride[],
): readonly SettingRelation[] {
  const on = new Set(overrides.filter(({ value }) => !["0", "false"].includes(value)).map(({ key }) => key));
  return relations.filter(({ key, kind, other }) => on.has(key) && on.has(other) === (kind === "excludes"));
}
