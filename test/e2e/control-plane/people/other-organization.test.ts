import fc from "fast-check";
import { expect, it } from "vitest";
import { startPeopleServer } from "../../../support/control-plane/people.ts";

/**
 * Whatever filter, cursor or id of another organization a person sends, nothing of that
 * organization is in the answer, in no field of a list, a count, the overview or a timeline.
 */

const RUNS = Number(process.env["RIGHTS_STEPS"] ?? 150);
const SEED = Number(process.env["RIGHTS_SEED"] ?? Date.now() % 1_000_000);

const REFUSAL = "reason message address at";
const KEY = `id name fingerprint usedNow { executor { name } address } usedBefore { executor { name } } usedNowCount
  usedBeforeCount lastUse { executor { name } address } lastRefusal { ${REFUSAL} executor { name } } boundExecutors { name }`;
const EXECUTOR = `id name lastRefusal { ${REFUSAL} key { name } } timeline { kind cause address key { name } } apiKey { name }
  offlineReason { cause key { name } refusal { ${REFUSAL} key { name } } }`;

it(`no person sees anything of another organization (${RUNS} queries, seed ${SEED})`, {
  timeout: 60_000 + RUNS * 200,
}, async () => {
  const server = await startPeopleServer();
  await server.createOrganization("bravo");
  const secrets: string[] = [];
  for (const organization of ["acme", "bravo"]) {
    for (const n of [1, 2]) {
      const key = await server.createKey({ organization, name: `${organization} key ${n}` });
      secrets.push(key.secret);
      await server.sync(key.secret, {
        name: `${organization}-agent-${n}`,
        hostName: `${organization}-host`,
        version: `1-${organization}`,
      });
    }
  }
  // Refusals: the second key of each under the name of its first executor.
  await server.sync(secrets[1] ?? "", { name: "acme-agent-1" });
  await server.sync(secrets[3] ?? "", { name: "bravo-agent-1" });
  const all = await server.manage(`{ acme: apiKeys(organization: "acme") { id }
    executors(organization: "acme") { id } organizations { id }
    bravo: apiKeys(organization: "bravo") { id } }`);
  const ids = [...JSON.stringify(all.data).matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id ?? "");
  const text = fc.constantFrom(
    ...ids,
    "acme",
    "bravo",
    "acme-agent-1",
    "acme key 1",
    "agent",
    "key",
    "",
    "%",
    "' or 1=1 --",
  );
  const rarely = (arbitrary: fc.Arbitrary<string>) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const optional = (name: string, value: fc.Arbitrary<string>) =>
    rarely(value.map((each) => `${name}: ${each}`));
  const quoted = text.map((each) => JSON.stringify(each));
  const filterOf = (...parts: fc.Arbitrary<string | undefined>[]) =>
    fc.tuple(...parts).map((given) => `filter: { ${given.filter((each) => each !== undefined).join(" ")} }`);
  const common = [optional("organization", quoted), optional("search", quoted)];
  const cursor = rarely(
    fc.tuple(fc.constantFrom("before", "after"), quoted).map(([name, value]) => `${name}: ${value}`),
  );
  const keyFilter = filterOf(
    optional("target", quoted),
    optional("status", fc.constantFrom("active", "revoked", "expired")),
    optional("concern", fc.constantFrom("refused", "expiring", "unused", "old")),
  );
  const executorFilter = filterOf(
    optional("key", quoted),
    optional("version", quoted),
    optional("status", fc.constantFrom("online", "offline")),
    optional("concern", fc.constantFrom("refused", "duplicate")),
  );
  const query = fc.oneof(
    argumentsOf(...common, cursor, keyFilter, optional("sort", fc.constantFrom("name", "expires"))).map(
      (given) => `apiKeys${given} { ${KEY} }`,
    ),
    argumentsOf(
      ...common,
      cursor,
      executorFilter,
      optional("name", quoted),
      optional("sort", fc.constantFrom("name", "seen")),
    ).map((given) => `executors${given} { ${EXECUTOR} }`),
    argumentsOf(...common, keyFilter).map((given) => `apiKeyCount${given}`),
    argumentsOf(...common, executorFilter).map((given) => `executorCount${given}`),
    argumentsOf(optional("organization", quoted)).map(
      (given) => `health${given} { executors { total offline } apiKeys { total active } }`,
    ),
    argumentsOf(optional("organization", quoted)).map(
      (given) => `executorVersions${given} { version count }`,
    ),
    quoted.map((id) => `apiKey(id: ${id}) { ${KEY} }`),
    quoted.map((id) => `executor(id: ${id}) { ${EXECUTOR} }`),
  );
  const people = [await server.signedIn("owner", "bravo"), await server.signedIn("member", "bravo")];
  let answered = 0;
  for (const [index, field] of fc.sample(query, { numRuns: RUNS, seed: SEED }).entries()) {
    const answer = await people[index % people.length]?.graphql(`{ ${field} }`);
    const found = JSON.stringify(answer?.data ?? null);
    expect({ field, found: found.match(/acme/g) }).toEqual({ field, found: null });
    const counts = [...found.matchAll(/"(?:\w+Count|total)":(\d+)/g)].map(([, count]) => Number(count));
    // Each organization has two of each.
    expect({ field, tooMany: counts.filter((count) => count > 2) }).toEqual({ field, tooMany: [] });
    answered += found.includes("bravo") ? 1 : 0;
  }
  // If everything were empty, this test would prove nothing.
  expect(answered).toBeGreaterThan(0);
});

function argumentsOf(...parts: fc.Arbitrary<string | undefined>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((given) => {
    const there = given.filter((each) => each !== undefined);
    return there.length === 0 ? "" : `(${there.join(", ")})`;
  });
}
