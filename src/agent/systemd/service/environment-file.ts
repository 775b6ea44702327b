/** A variable in a file that `EnvironmentFile=` names. */
export interface FileVariable {
  readonly name: string;
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/** What a file of `EnvironmentFile=` sets. */
export interface EnvironmentFile {
  readonly variables: readonly FileVariable[];
  /** The 1-based lines that set nothing, such as `export NAME=value`. */
  readonly ignoredLines: readonly number[];
}

/**
 * Reads a file of `EnvironmentFile=`, as systemd.exec(5) describes it: comments, quotes around a
 * value, and lines that a backslash continues. A line that is none of these sets nothing.
 */
export function environmentFile(text: string): EnvironmentFile {
  const variables: FileVariable[] = [];
  const ignoredLines: number[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    let written = (lines[index] ?? "").replace(/\r$/u, "");
    while (/(?<!\\)(?:\\\\)*\\$/u.test(written) && index + 1 < lines.length) {
      index += 1;
      written = written.slice(0, -1) + (lines[index] ?? "");
    }
    const [, name, value = ""] = /^\s*([A-Za-z_]\w*)\s*=(.*)$/su.exec(written) ?? [];
    if (name !== undefined) {
      variables.push({ name, value: unquoted(value.trim()), line });
    } else if (!/^\s*(?:[#;].*)?$/su.test(written)) {
      ignoredLines.push(line);
    }
  }
  return { variables, ignoredLines };
}

/** As systemd reads it: blanks behind a closing quote are not part of the value. */
function unquoted(value: string): string {
  const [, single, double, rest = ""] = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(.*)$/su.exec(value) ?? [];
  if (single === undefined && double === undefined) {
    return value.replaceAll(/\\(.)/gsu, "$1");
  }
  return (single ?? (double ?? "").replaceAll(/\\(["\\`$])/gu, "$1")) + unquoted(rest);
}
