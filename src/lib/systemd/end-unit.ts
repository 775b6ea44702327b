import { shellWord } from "../shell-word.ts";

/**
 * Ends a unit for good. Only stopped, one that is enabled would be back at the next boot.
 *
 * @param fileState the property `UnitFileState` of the unit; empty or undefined: not known
 */
export function endUnit(unit: string, fileState: string | undefined): string {
  const verb =
    fileState === "enabled"
      ? "disable --now"
      : fileState === "enabled-runtime"
        ? "disable --runtime --now"
        : "stop";
  return `systemctl ${verb} ${shellWord(unit)}`;
}
