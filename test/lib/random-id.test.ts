import { describe, expect, it } from "vitest";
import { randomId } from "../../src/lib/random-id.ts";

describe("an id", () => {
  it("is 32 letters and digits, and no other's, also of one that is made in the same moment", () => {
    const ids = Array.from({ length: 1000 }, randomId);
    expect(ids).toEqual(ids.map(() => expect.stringMatching(/^[a-zA-Z0-9]{32}$/)));
    expect(new Set(ids.map((id) => id.slice(9))).size).toBe(1000);
  });

  it("sorts behind those that were made before it, as SQLite sorts: by bytes", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      ids.push(randomId());
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(ids.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))).toEqual(ids);
  });
});
