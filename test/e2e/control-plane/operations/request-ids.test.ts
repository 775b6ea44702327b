import { hostname } from "node:os";
import { request } from "undici";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { startControlPlane, type TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeKey } from "../../../support/keys.ts";

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

const line = z.looseObject({
  event: z.string(),
  replica: z.string(),
  requestId: z.string().optional(),
  traceId: z.string().optional(),
  parentSpanId: z.string().optional(),
});

/** A sync that is refused, with these headers. */
async function refused(plane: TestControlPlane, headers: Readonly<Record<string, string>>) {
  const seen = plane.refusedSyncs().length;
  const answer = await request(`${plane.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${makeKey()}`, "content-type": "application/json", ...headers },
    body: "{}",
  });
  await answer.body.dump();
  expect(answer.statusCode).toBe(401);
  const refusal = await eventually(() => plane.refusedSyncs()[seen], { describe: "the refusal is logged" });
  return { sent: answer.headers["x-request-id"], logged: line.parse(refusal) };
}

describe("a refused request", () => {
  let plane: TestControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
    return async () => void (await plane.stop());
  });

  it("has an id, in its answer and in its lines", async () => {
    const { sent, logged } = await refused(plane, {});
    expect(sent).toMatch(UUID);
    expect(logged).toMatchObject({ requestId: sent, replica: hostname() });
    expect(logged.traceId).toBeUndefined();
    expect((await refused(plane, {})).sent).not.toBe(sent);
  });

  it("keeps the id of a proxy, and its trace", async () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    const { sent, logged } = await refused(plane, { "x-request-id": "edge:7f.3-a=1", traceparent });
    expect(sent).toBe("edge:7f.3-a=1");
    expect(logged).toMatchObject({ requestId: sent, traceId: TRACE, parentSpanId: SPAN });
  });

  it.each([
    ["of a later version", `01-${TRACE}-${SPAN}-01-more`, TRACE],
    ["with capital letters", `00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
    ["of the version that is forbidden", `ff-${TRACE}-${SPAN}-01`, undefined],
    ["without a trace", `00-${"0".repeat(32)}-${SPAN}-01`, undefined],
    ["without a parent", `00-${TRACE}-${"0".repeat(16)}-01`, undefined],
    ["with something behind it", `00-${TRACE}-${SPAN}-01x`, undefined],
    ["that is something else", "nonsense", undefined],
  ])("reads a traceparent %s as the standard says", async (_what, traceparent, traceId) => {
    expect((await refused(plane, { traceparent })).logged.traceId).toBe(traceId);
  });

  it.each([
    ["blanks", "a b"],
    ["too long", "x".repeat(65)],
    ["markup", "<script>"],
    ["empty", ""],
  ])("replaces an id with %s", async (_what, given) => {
    const { sent, logged } = await refused(plane, { "x-request-id": given });
    expect(sent).toMatch(UUID);
    expect(logged.requestId).toBe(sent);
  });

  it("does not log a key that came as its id", async () => {
    const secret = makeKey();
    const { logged } = await refused(plane, { "x-request-id": secret });
    expect(JSON.stringify(logged)).not.toContain(secret);
  });

  it("shares its id with no request beside it", async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `beside-${n}`);
    await Promise.all(
      ids.map(async (id) => {
        const answer = await request(`${plane.url}/graphql`, {
          method: "POST",
          headers: { authorization: `Bearer ${makeKey()}`, "x-request-id": id },
          body: "{}",
        });
        await answer.body.dump();
        expect(answer.headers["x-request-id"]).toBe(id);
      }),
    );
    const logged = () =>
      plane.refusedSyncs().flatMap((each) => {
        const { requestId = "" } = line.parse(each);
        return requestId.startsWith("beside-") ? [requestId] : [];
      });
    await eventually(() => logged().length === ids.length, { describe: "each is logged" });
    expect(logged().toSorted()).toEqual(ids.toSorted());
  });
});

it("a line that is about no request has no id", async () => {
  const plane = await startControlPlane();
  onTestFinished(() => plane.kill());
  await plane.stop();
  const started = plane.lines
    .map((text) => line.parse(JSON.parse(text)))
    .find(({ event }) => event === "listening");
  expect(started).toMatchObject({ replica: hostname() });
  expect(started?.requestId).toBeUndefined();
});
