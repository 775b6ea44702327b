import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ROOT } from "./source-files.ts";

/** The first block of that language in a document, word for word. */
export function documentedConfiguration(language: string, document: string): string {
  const block = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "u");
  const found = block.exec(readFileSync(join(ROOT, document), "utf8"))?.[1];
  if (found === undefined) {
    throw new Error(`${document} has no configuration of ${language}`);
  }
  return found;
}

/** Puts what this machine has in the place of names; each of them has to be there. */
export function onThisMachine(configuration: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((text, [place, own]) => {
    expect(text).toContain(place);
    return text.replaceAll(place, own);
  }, configuration);
}
