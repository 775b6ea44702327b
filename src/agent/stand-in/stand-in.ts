/** Something that stands where something else was meant: what it is, and what to do. */
export interface StandIn {
  /** Stable, kebab-case. */
  readonly code: string;
  /** A clause without a subject: `is compressed with gzip`. */
  readonly problem: string;
  /** A sentence in the imperative. */
  readonly remedy: string;
}

/** How to recognise one kind of stand-in. In a table, the first one that matches applies. */
export interface Recogniser extends StandIn {
  readonly pattern: RegExp;
}

/** The first of `recognisers` whose pattern `text` has. */
export function recognise(recognisers: readonly Recogniser[], text: string): StandIn | undefined {
  const found = recognisers.find(({ pattern }) => pattern.test(text));
  return found && { code: found.code, problem: found.problem, remedy: found.remedy };
}
