import * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { NOTHING_HERE } from "../../../protocol/answer-mark.ts";
import type { AnswerBody } from "./answer-body.ts";
import { type Answer, troubled } from "./http-answer.ts";
import { hasMarkHeader } from "./origin-marks.ts";
import type { Unreachable } from "./sync-outcome.ts";

const ENDPOINT = "/graphql";

/**
 * The control plane's own answer to a request that did not come as POST /graphql; undefined for any
 * other answer. A control plane that does not mark it is known by its words.
 */
export function wrongPath(answer: Answer, body: AnswerBody): Unreachable | undefined {
  const { status, host } = answer;
  // No answer of a control plane has a GraphQL body and such a status.
  const isMarked = hasMarkHeader(answer) && body.kind !== "graphql";
  if (status === 405 && isMarked) {
    const detail = `the control plane at ${host} got another method than POST (405): a proxy on the way changes it`;
    return troubled(answer, "wrong-path", detail, {
      remedy: `let every proxy between this host and ${host} pass POST ${ENDPOINT} on unchanged`,
    });
  }
  if (status !== 404 || !(isMarked || saysNothingHere(body))) {
    return undefined;
  }
  const { origin, pathname } = new URL(answer.endpoint);
  const asked = printable(pathname, 120);
  const path = pathname.replace(/\/graphql$/iu, "");
  if (path === "") {
    const detail = `the control plane at ${host} got another path than ${asked} (404): a proxy on the way changes it`;
    return troubled(answer, "wrong-path", detail, {
      remedy: `let every proxy between this host and ${host} pass POST ${ENDPOINT} on unchanged`,
    });
  }
  const detail = `a control plane answers at ${host}, but it has nothing at ${asked} (404)`;
  return troubled(answer, "wrong-path", detail, {
    remedy: `take the path ${printable(path, 120)} out of control_plane.url: set it to ${printable(origin, 200)}. If a proxy in front of the control plane needs that path, let the proxy remove it from what it passes on`,
  });
}

const nothingHere = z.object({ message: z.literal(NOTHING_HERE) });

function saysNothingHere(body: AnswerBody): boolean {
  return (body.kind === "foreign" || body.kind === "rest") && nothingHere.safeParse(body.json).success;
}
