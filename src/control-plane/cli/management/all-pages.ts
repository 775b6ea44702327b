import { CommandError } from "../../../lib/command-line/command-error.ts";

export const PAGE_SIZE = 500;

/** Asks for pages of 500 entries until one is not full. */
export async function allPages<Entry extends { readonly id: string }>(
  page: (before: string | null) => Promise<readonly Entry[]>,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let before: string | null = null; ; ) {
    const next = await page(before);
    entries.push(...next);
    const last = next.at(-1);
    if (last === undefined || next.length < PAGE_SIZE) {
      return entries;
    }
    if (last.id === before) {
      throw new CommandError("no_answer", "the control plane answers with the same page again and again");
    }
    before = last.id;
  }
}
