import { describe, expect, it } from "vitest";
import * as z from "zod";
import { startServer } from "../../support/control-plane/control-plane-server.ts";
import { nodeExecutor } from "../../support/control-plane/node-executor.ts";
import { ROOT_FIELDS } from "../../support/control-plane/root-fields.ts";

function listsWith(argument: string): readonly string[] {
  return ROOT_FIELDS.filter(({ field }) => field.args.some(({ name }) => name === argument)).map(
    ({ name }) => name,
  );
}

/** Every list that is read page by page, and those that are also read backwards. */
const LISTS = listsWith("before");
const BOTH_WAYS = listsWith("after");

async function twoOrganizations(list: string) {
  const server = await startServer();
  for (const slug of ["acme", "other"]) {
    await server.createOrganization(slug);
  }
  // By turns, so that each one's entries lie between the other's.
  for (let n = 0; n < 3; n += 1) {
    for (const organization of ["other", "acme"]) {
      const { secret } = await server.createKey({ organization, name: `key ${n}` });
      const executor = nodeExecutor(server, secret, `agent-${n}`);
      await executor.sync();
      if (list === "nodes") {
        await executor.create(`node-${n}`, { organization });
      }
    }
  }
  const ids = async (
    list: string,
    organization: string,
    cursor?: string | null,
    argument: "before" | "after" = "before",
  ) => {
    const answer = await server.manage(
      `query($organization: String, $cursor: ID) { list: ${list}(organization: $organization, ${argument}: $cursor) { id } }`,
      { organization, cursor },
    );
    return z
      .object({ list: z.array(z.object({ id: z.string() })) })
      .parse(answer.data)
      .list.map(({ id }) => id);
  };
  return { server, ids };
}

describe("the cursor of a list", () => {
  it("is that of every list that has one", () => {
    expect(LISTS.toSorted()).toEqual(["apiKeys", "auditEvents", "executors", "nodes"]);
    expect(BOTH_WAYS.toSorted()).toEqual(["apiKeys", "auditEvents", "executors"]);
  });

  it.each(LISTS)("of %s goes on in the same organization, and takes no other's id", async (list) => {
    const { ids } = await twoOrganizations(list);
    const [own, foreign] = [await ids(list, "acme"), await ids(list, "other")];
    expect([own.length, foreign.length]).toEqual([3, 3]);
    expect(await ids(list, "acme", own[0])).toEqual(own.slice(1));
    expect(await ids(list, "acme", own[2])).toEqual([]);
    for (const before of [...foreign, "nothing", "", "' or 1=1 --", "%"]) {
      expect(await ids(list, "acme", before)).toEqual([]);
    }
    for (const other of LISTS.filter((name) => name !== list)) {
      for (const before of await ids(other, "acme")) {
        expect(await ids(list, "acme", before)).toEqual([]);
      }
    }
    expect(await ids(list, "acme", null)).toEqual(own);
  });

  it.each(BOTH_WAYS)("of %s goes back in the same organization, and not both ways at once", async (list) => {
    const { server, ids } = await twoOrganizations(list);
    const [own, foreign] = [await ids(list, "acme"), await ids(list, "other")];
    expect(await ids(list, "acme", own[2], "after")).toEqual(own.slice(0, 2));
    expect(await ids(list, "acme", own[0], "after")).toEqual([]);
    for (const after of [...foreign, "nothing", ""]) {
      expect(await ids(list, "acme", after, "after")).toEqual([]);
    }
    const both = await server.manage(
      `{ list: ${list}(organization: "acme", before: "${own[0]}", after: "${own[2]}") { id } }`,
    );
    expect(both.code).toBe("BAD_USER_INPUT");
  });
});
