import { setImmediate as nextTurn } from "node:timers/promises";
import type { Row } from "../../rows/row.ts";
import { PostgresStatements, type Runner, type Value } from "./statements.ts";

/** Callers decode the rows that they get, and syncs must not wait for all of them. */
const ROWS_IN_A_TURN = 500;

interface Question {
  readonly text: string;
  readonly rest: readonly Value[];
  readonly answers: Map<string, PromiseWithResolvers<readonly Row[]>>;
}

/**
 * Asks one statement for all ids that are asked for in the same moment: a list that asks something
 * about each of its entries waits for one answer of the server, and not for hundreds.
 */
export class AskedTogether extends PostgresStatements {
  private readonly questions = new Map<string, Question>();

  constructor(runner: Runner) {
    super(runner);
  }

  async one(text: string, id: string): Promise<Row | undefined> {
    const [row] = await this.rows(text, "", id);
    return row;
  }

  /**
   * @param text selects the rows of the id `asked.id`; its further values are `$2`, `$3` and so on
   * @param order of the rows of one id, by the columns of `found`; "": no matter
   */
  rows(text: string, order: string, id: string, ...rest: Value[]): Promise<readonly Row[]> {
    // With its offset the inner query is planned by itself, as for a single id: by an index.
    const sql = `select asked.id as "askedId", found.* from unnest($1::text[]) as asked (id)
      cross join lateral (${text} offset 0) found ${order === "" ? "" : `order by ${order}`}`;
    const question = this.question(sql, rest);
    const known = question.answers.get(id);
    if (known !== undefined) {
      return known.promise;
    }
    const answer = Promise.withResolvers<readonly Row[]>();
    question.answers.set(id, answer);
    return answer.promise;
  }

  private question(text: string, rest: readonly Value[]): Question {
    const name = JSON.stringify([text, rest]);
    const known = this.questions.get(name);
    if (known !== undefined) {
      return known;
    }
    const question: Question = { text, rest, answers: new Map() };
    this.questions.set(name, question);
    afterThisMoment(() => {
      this.questions.delete(name);
      void this.ask(question);
    });
    return question;
  }

  private async ask({ text, rest, answers }: Question): Promise<void> {
    try {
      const found = Map.groupBy(await this.all(text, [...answers.keys()], ...rest), ({ askedId }) => askedId);
      let count = 0;
      for (const [id, { resolve }] of answers) {
        const rows = found.get(id) ?? [];
        count += rows.length;
        if (count > ROWS_IN_A_TURN) {
          count = rows.length;
          await nextTurn();
        }
        resolve(rows);
      }
    } catch (error) {
      for (const { reject } of answers.values()) {
        reject(error);
      }
    }
  }
}

/** Once everything has run that waits for no event: others may still ask until then. */
function afterThisMoment(work: () => void): void {
  void Promise.resolve().then(() => process.nextTick(work));
}
