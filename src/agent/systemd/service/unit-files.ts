/** A line `Name=value` of a unit file, and where it is. */
export interface Assignment {
  readonly file: string;
  /** 1-based; the first one if the value continues on more lines. */
  readonly line: number;
  /** If the value continues on more lines. */
  readonly lastLine?: number;
  readonly section: string;
  readonly name: string;
  readonly value: string;
  /** The file is a whole unit that systemd uses in place of the one of the package. */
  readonly isOfCopy?: boolean;
  /** All of its file, also those that only take back; undefined: nobody looked. */
  readonly inFile?: readonly Assignment[];
  /** The values that the package's unit gives it; undefined: nobody looked. */
  readonly shipped?: readonly string[];
  /** All values of it that are in force, its own too. */
  readonly allValues?: readonly string[];
  /** How that whole unit differs. */
  readonly difference?: UnitDifference;
}

/** How a whole unit of this host differs from the one of the package, which it hides. */
export interface UnitDifference {
  /** The path of the other: what systemd would read without it. */
  readonly packaged: string;
  readonly added: readonly Assignment[];
  readonly lacking: readonly Assignment[];
}

/**
 * The assignments in the text of a unit file, in its order: systemd.syntax(7), with comments and
 * lines that a backslash continues.
 */
export function assignmentsOf(text: string, file: string): readonly Assignment[] {
  const found: Assignment[] = [];
  const lines = text.split("\n");
  let section = "";
  for (let index = 0; index < lines.length; index += 1) {
    const first = index;
    let written = (lines[index] ?? "").trim();
    if (written === "" || isComment(written)) {
      continue;
    }
    while (written.endsWith("\\") && index + 1 < lines.length) {
      index += 1;
      const next = (lines[index] ?? "").trim();
      // A comment between two of the lines is left out.
      written = isComment(next) ? written : `${written.slice(0, -1)} ${next}`;
    }
    const header = /^\[(.+)\]$/u.exec(written)?.[1];
    section = header ?? section;
    const equals = written.indexOf("=");
    if (header === undefined && equals > 0) {
      const name = written.slice(0, equals).trim();
      const value = written.slice(equals + 1).trim();
      const end = index === first ? {} : { lastLine: index + 1 };
      found.push({ file, line: first + 1, ...end, section, name, value });
    }
  }
  return found;
}

/**
 * The assignments that count, of all files in the order in which systemd reads them: an empty value
 * takes back what was there before.
 */
export function inForce(assignments: readonly Assignment[], section: string, name: string): Assignment[] {
  const own = assignments.filter((one) => one.section === section && one.name === name);
  const reset = own.findLastIndex(({ value }) => value === "");
  return own.slice(reset + 1);
}

function isComment(line: string): boolean {
  return line.startsWith("#") || line.startsWith(";");
}
