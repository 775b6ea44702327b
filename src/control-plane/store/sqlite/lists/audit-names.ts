import { SqliteStatements } from "../rows/statements.ts";

/** If more names begin alike, only the name itself and its rotations count. */
const MAX_NAMES = 200;
/** Of letters beyond ASCII, whose case the index does not ignore. Each one doubles the seeks. */
const MAX_CASED = 4;

/**
 * Searches the beginning of a target's name among the distinct names of the audit log. One seek
 * finds each of them (a loose index scan).
 */
export class SqliteAuditNames extends SqliteStatements {
  /**
   * Names that begin with `target`. If there are too many, `target` itself and its rotated names.
   */
  find(organizationId: string, target: string): readonly string[] {
    const all = this.beginningWith(organizationId, target);
    if (all.length <= MAX_NAMES) {
      return all;
    }
    const dated = this.beginningWith(organizationId, `${target} `);
    return [target, ...dated.filter((name) => /^ \d{6}$/.test(name.slice(target.length)))];
  }

  private beginningWith(organizationId: string, beginning: string): readonly string[] {
    const wanted = beginning.toLowerCase();
    return spellings(beginning)
      .flatMap((spelling) => this.spelled(organizationId, spelling))
      .filter((name) => name.toLowerCase().startsWith(wanted));
  }

  /** At most MAX_NAMES + 1 that begin with `spelling`, ignoring the case of ASCII letters. */
  private spelled(organizationId: string, spelling: string): readonly string[] {
    const names: string[] = [];
    for (let comparison = ">="; names.length <= MAX_NAMES; comparison = ">") {
      const sql = `select e.targetName as value from auditEvent e indexed by auditEvent_targetName
        where e.organizationId = :organizationId and e.targetName collate nocase ${comparison} :previous
        order by e.targetName collate nocase limit 1`;
      const [row] = this.allNamed(sql, { organizationId, previous: names.at(-1) ?? spelling });
      const name = row?.["value"];
      if (typeof name !== "string" || !folded(name).startsWith(folded(spelling))) {
        break;
      }
      names.push(name);
    }
    return names;
  }
}

/** The text in each case of its letters beyond ASCII, up to the one that would be too many. */
function spellings(text: string): readonly string[] {
  let found = [""];
  let cased = 0;
  for (const character of text) {
    const both = casesOf(character);
    cased += both.length - 1;
    if (cased > MAX_CASED) {
      break;
    }
    found = found.flatMap((beginning) => both.map((one) => beginning + one));
  }
  return found;
}

function casesOf(character: string): readonly string[] {
  if (/^[\0-\x7f]$/.test(character)) {
    return [character];
  }
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  return lower !== upper && upper.toLowerCase() === lower ? [lower, upper] : [character];
}

/** As SQLite's collation nocase folds case. */
function folded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
