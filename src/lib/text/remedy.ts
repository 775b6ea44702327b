/** A sentence that says what to do, and the line that does it in a shell, for people to copy. */
export interface Step {
  /** `Run:` if the line says it all. */
  readonly say: string;
  readonly run?: string | undefined;
}

/** What to do, in order. A text alone names no command, or ends with it. */
export type Remedy = string | readonly Step[];

/** One thing to do. Each command is run only if the one before it succeeded. */
export function step(say: string, ...commands: readonly string[]): Step {
  return commands.length === 0 ? { say } : { say, run: commands.join(" && ") };
}

export function stepsOf(remedy: Remedy): readonly Step[] {
  return typeof remedy === "string" ? [step(remedy)] : remedy;
}

/** A text that ends with a command, with that as a line of its own. */
export function withCommand(text: string): Remedy {
  const [, say, run] = /^(.*\brun:) (?!.*[.;] )(\S.*)$/isu.exec(text) ?? [];
  return say === undefined || run === undefined ? text : [step(say, run)];
}

/** The whole in one line, for journals and programs. It ends with its command if it has one. */
export function remedyText(remedy: Remedy): string {
  return stepsOf(remedy).reduce((text, { say, run }, index, steps) => {
    const before = index === 0 ? "" : `${text}${steps[index - 1]?.run === undefined ? " " : ". "}`;
    return `${before}${say}${run === undefined ? "" : ` ${run}`}`;
  }, "");
}

/** For a terminal: each command has a line of its own, so nothing else is copied with it. */
export function remedyLines(remedy: Remedy): readonly string[] {
  const steps = stepsOf(remedy);
  const [first, ...rest] = steps.flatMap(({ say, run }) => (run === undefined ? [say] : [say, `  ${run}`]));
  if (first === undefined || first === "") {
    return [];
  }
  // Some explain first, and say themselves where the fix begins.
  const isSaid = steps.some(({ say }) => say === "Fix:");
  return [isSaid ? first : first === "Run:" ? "Fix:" : `Fix: ${first}`, ...rest];
}

/** The same remedy with other words and commands. */
export function mapRemedy(remedy: Remedy, change: (text: string) => string): Remedy {
  return typeof remedy === "string"
    ? change(remedy)
    : remedy.map(({ say, run }) => ({ say: change(say), ...(run !== undefined && { run: change(run) }) }));
}
