/**
 * The lines of the settings in the text of an agent.toml that is valid, 1-based, by their full
 * name: `control_plane.url`. A setting in another notation than `name = value` below its `[table]`
 * is left out: no place is better than a wrong one.
 */
export function settingLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (/"""|'''/u.test(text)) {
    return found;
  }
  let table = "";
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    table = /^\s*\[\s*([\w-]+)\s*\]/u.exec(line)?.[1] ?? table;
    const name = /^\s*([\w-]+)\s*=/u.exec(line)?.[1];
    if (name !== undefined && table !== "") {
      found.set(`${table}.${name}`, index + 1);
    }
  }
  return found;
}

/**
 * `text` with the place behind the first mention of each setting: `check control_plane.url
 * (agent.toml line 2)`. `file` is the name to show.
 */
export function withLines(text: string, lines: ReadonlyMap<string, number>, file: string): string {
  let placed = text;
  for (const [setting, line] of lines) {
    const at = placed.search(new RegExp(`\\b${setting.replaceAll(".", "\\.")}\\b(?! \\()`, "u"));
    if (at >= 0) {
      const end = at + setting.length;
      placed = `${placed.slice(0, end)} (${file} line ${line})${placed.slice(end)}`;
    }
  }
  return placed;
}
