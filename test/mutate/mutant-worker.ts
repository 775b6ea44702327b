import { relative } from "node:path";
import { BaseSequencer, createVitest, type TestSpecification, type Vitest } from "vitest/node";
import * as z from "zod";
import { ROOT } from "../support/source-files.ts";

/**
 * A process that runs the same test files again and again, each time with another text of one
 * module. The parent kills its process group if a mutant never ends (mutant-process.ts).
 */
const question = z.strictObject({ path: z.string(), text: z.string(), first: z.string().optional() });
/** The files that noticed the last mutants come first: most likely they notice this one, too. */
let tests: readonly string[] = process.argv.slice(2);
let mutated: z.infer<typeof question> | undefined;

class LikeliestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => tests.indexOf(relative(ROOT, moduleId));
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

const vitest = await createVitest(
  "test",
  {
    config: false,
    watch: false,
    include: [...tests],
    reporters: [{}],
    pool: "forks",
    maxWorkers: 1,
    // One process for all files of a mutant, as in vitest.config.ts: it starts in no time.
    isolate: false,
    bail: 1,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    setupFiles: ["test/mutate/same-chance.ts"],
    sequence: { sequencer: LikeliestFirst },
    // It knows modules by the text in their file.
    fsModuleCache: false,
  },
  {
    plugins: [
      {
        name: "mutant",
        enforce: "pre",
        transform: (_code, id) => (id === mutated?.path ? { code: mutated.text, map: null } : null),
      },
    ],
  },
);
process.on("message", (message) => {
  const { path, text, first } = question.parse(message);
  if (first !== undefined) {
    putFirst(first);
  }
  void runWith(vitest, path, text).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
process.send?.({ isReady: true });

async function runWith(vitest: Vitest, path: string, text: string) {
  for (const each of [mutated?.path, path]) {
    if (each !== undefined) {
      vitest.invalidateFile(each);
    }
  }
  mutated = { path, text };
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
    await vitest.globTestSpecifications(),
  );
  const failed = testModules.find((module) => !module.ok());
  const noticedBy = failed && relative(ROOT, failed.moduleId);
  if (noticedBy !== undefined) {
    putFirst(noticedBy);
  }
  return {
    isKilled: noticedBy !== undefined || unhandledErrors.length > 0 || testModules.length === 0,
    noticedBy,
  };
}

function putFirst(file: string): void {
  if (tests.includes(file)) {
    tests = [file, ...tests.filter((each) => each !== file)];
  }
}
