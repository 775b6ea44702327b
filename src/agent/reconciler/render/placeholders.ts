/**
 * `line` with each `{name}` replaced. A name without a value is a mistake in the catalogue, and so
 * is a text that would be more than one printable line: throws an Error, and nothing is written.
 */
export function fillIn(line: string, values: ReadonlyMap<string, string>): string {
  const filled = line.replaceAll(/\{([^{}]*)\}/gu, (_all, name: string) => {
    const value = values.get(name);
    if (value === undefined) {
      throw new Error(`nothing to fill in for {${name}}`);
    }
    return value;
  });
  return asLine(filled);
}

/** `text`, if it is one line of printable ASCII; throws an Error otherwise. */
export function asLine(text: string): string {
  if (!/^[\x20-\x7e]+$/u.test(text)) {
    throw new Error("a rendered line is not one line of printable ASCII");
  }
  return text;
}
