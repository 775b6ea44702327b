import type { Page, Route } from "playwright-core";

/** What the answers say that fail. */
export const OUTAGE = "the database cannot be used just now";

/** Each of these holds for the answers that are held, and for all later ones. */
interface HeldAnswers {
  readonly release: () => Promise<void>;
  /** Answers with 503 instead. */
  readonly fail: () => Promise<void>;
  /** Holds later ones back again. */
  readonly hold: () => void;
}

/** Holds the answers to a query back. */
export async function holdAnswers(page: Page, query: string): Promise<HeldAnswers> {
  let held: Route[] = [];
  let answer: ((route: Route) => Promise<void>) | undefined;
  await page.route("**/graphql", async (route) => {
    if (route.request().postData()?.includes(`query ${query}(`) !== true) {
      await route.fallback();
    } else if (answer === undefined) {
      held.push(route);
    } else {
      await answer(route);
    }
  });
  const answerBy = async (next: (route: Route) => Promise<void>) => {
    answer = next;
    const waiting = held;
    held = [];
    await Promise.all(waiting.map((route) => next(route).catch(() => undefined)));
  };
  return {
    release: () => answerBy((route) => route.fallback()),
    fail: () => answerBy((route) => route.fulfill({ status: 503, json: { errors: [{ message: OUTAGE }] } })),
    hold() {
      answer = undefined;
    },
  };
}
