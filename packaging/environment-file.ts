import { type EnvironmentVariable, wrapped } from "../src/lib/command-line/environment-variable.ts";

const COLUMNS = 98;

/**
 * An EnvironmentFile= of systemd.exec(5) in which every variable is explained and commented out.
 */
export function environmentFile(variables: readonly EnvironmentVariable[]): string {
  const head = [
    "# Settings of novacula-control-plane.service, one VARIABLE=value per line, without spaces",
    "# around the =. Remove the # in front of a line to set it, then apply the file with",
    "#   sudo systemctl restart novacula-control-plane",
    "# A wrong value stops the start; journalctl -u novacula-control-plane says what is wrong.",
  ];
  const entries = variables.map((variable) => [
    "",
    ...wrapped(variable.meaning, COLUMNS).map((line) => `# ${line}`),
    `#${variable.name}=${variable.defaultValue ?? variable.example ?? ""}`,
  ]);
  return `${[...head, ...entries.flat()].join("\n")}\n`;
}

/** The same as a Markdown table. */
export function environmentTable(variables: readonly EnvironmentVariable[]): string {
  const rows = variables.map(({ name, meaning, defaultValue }) => {
    const shown = defaultValue === undefined ? "" : `\`${defaultValue}\``;
    return `| \`${name}\` | ${meaning} | ${shown} |`;
  });
  return ["| variable | meaning | default |", "| --- | --- | --- |", ...rows].join("\n");
}
