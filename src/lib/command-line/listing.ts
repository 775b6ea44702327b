import { Option } from "commander";
import { printable } from "../printable.ts";
import { type Cell, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** What a listing command prints for people. */
export interface Listing {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** One id for each row: what `--quiet` prints. */
  readonly ids: readonly string[];
  /** Printed instead of the table if there are no rows. */
  readonly empty: string;
  /** Lines below the table. */
  readonly notes?: readonly string[];
}

/** The values of `listingOptions`. */
export interface ListingOptions {
  readonly quiet?: boolean;
  /** False with `--no-header`. */
  readonly header?: boolean;
  readonly wide?: boolean;
}

/** The options that every listing command has. */
export function listingOptions(): readonly Option[] {
  return [
    new Option("--quiet", "print only the ids, one a line").conflicts(["json", "wide"]),
    new Option("--no-header", "leave out the headings"),
    new Option("--wide", "never cut a column to the width of the terminal"),
  ];
}

/** The text of a listing. It ends with a line break. */
export function listingText(listing: Listing, options: ListingOptions, terminal: Terminal): string {
  const { headings, rows, ids, empty, notes = [] } = listing;
  if (options.quiet === true) {
    return ids.map((id) => `${printable(id)}\n`).join("");
  }
  if (rows.length === 0) {
    return `${empty}\n`;
  }
  const below = notes.length === 0 ? "" : `\n${notes.map((note) => `${note}\n`).join("")}`;
  return table(headings, rows, terminal, options) + below;
}

interface DamagedEntry {
  readonly id: string;
  /** The columns of its row that cannot be read. */
  readonly damaged: readonly string[];
}

/** One line for each entry whose row in the database is damaged. */
export function damageNotes(entries: readonly DamagedEntry[], remedy: string): readonly string[] {
  return entries
    .filter(({ damaged }) => damaged.length > 0)
    .map(
      ({ id, damaged }) =>
        `${printable(id)}: its row in the database is damaged (${damaged.join(", ")}). Fix: ${remedy}`,
    );
}
