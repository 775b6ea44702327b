import { describe, expect, it, vi } from "vitest";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { ManagedNodes } from "../support/managed-nodes.ts";
import { type WrongAnswer, WrongAnswers } from "../support/wrong-answers.ts";

const LITECOIN = "litecoin-node@ltc-1.service";
/** Three syncs for each answer, of which some are 15 s apart. */
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("what is no order on $title", (release) => {
  it("stops no node: refusals, strange pages, and every list that is not whole, own and newer", async () => {
    const { host } = await ManagedNodes.ready(release);
    await host.createLitecoin("ltc-1");
    await host.untilRunning("ltc-1");
    await host.answeredNode("restart", "ltc-1");
    await host.untilRunning("ltc-1");
    const before = await host.unit(LITECOIN);
    const { reply, spec } = await host.replyParts("ltc-1");
    await host.machine.run(["systemctl", "stop", "novacula-control-plane"]);
    const wrong = await WrongAnswers.start(host.machine);

    const stopped = { ...spec, desiredState: "stopped", revision: spec.revision + 1 };
    const deleted = { ...stopped, deletion: { keepData: false } };
    const list = (changeNumber: number, count: number, nodes: readonly unknown[]) => ({
      nodes: { changeNumber, count, list: nodes, wantsCapabilities: false, wantsWhole: false },
    });
    const newer = 2 ** 50;
    const answers: Readonly<Record<string, WrongAnswer>> = {
      "401": refusal(401, "UNAUTHENTICATED"),
      "403": refusal(403, "FORBIDDEN"),
      "409": { status: 409, type: "application/json", body: "{}" },
      "404": {
        status: 404,
        type: "application/json",
        body: JSON.stringify({ errors: [{ message: "gone" }] }),
      },
      "429": { status: 429, type: "text/plain", body: "slow down" },
      "500": { status: 500, type: "text/plain", body: "oops" },
      "a page": { status: 200, type: "text/html", body: "<html><title>Welcome to the hotel</title></html>" },
      "an older list": accepted({ ...reply, ...list(0, 1, [stopped]) }),
      "a part of a list": accepted({ ...reply, ...list(newer, 2, [stopped]) }),
      "a list of another organization": accepted({
        ...reply,
        organization: { id: "another", name: "Another", slug: "another" },
        ...list(newer, 1, [deleted]),
      }),
      "an older revision": accepted({
        ...reply,
        ...list(newer, 1, [{ ...deleted, revision: spec.revision - 1 }]),
      }),
      "no list": accepted({ ...reply, nodes: null }),
      "an answer that was cut off": cutOff(accepted({ ...reply, ...list(newer, 1, [deleted]) })),
      "the same node twice": accepted({ ...reply, ...list(newer, 2, [stopped, deleted]) }),
      "an empty list": accepted({ ...reply, ...list(newer, 0, []) }),
    };
    for (const [name, answer] of Object.entries(answers)) {
      await wrong.give(answer);
      expect(await host.unit(LITECOIN), name).toEqual(before);
    }
  });
});

/** Whole as HTTP, and half as JSON. */
function cutOff(answer: WrongAnswer): WrongAnswer {
  return { ...answer, body: answer.body.slice(0, -20) };
}

function refusal(status: number, code: string): WrongAnswer {
  const body = JSON.stringify({ errors: [{ message: "no", extensions: { code } }] });
  return { status, type: "application/json", body };
}

function accepted(syncExecutor: unknown): WrongAnswer {
  return { status: 200, type: "application/json", body: JSON.stringify({ data: { syncExecutor } }) };
}
