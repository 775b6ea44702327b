import { ANSWER_MARK, ANSWER_MARK_HEADER } from "../../../src/protocol/answer-mark.ts";
import type { Behaviour } from "./faulty-server.ts";

/** The same answer with the header by which a control plane marks its own. */
export function marked(behaviour: Behaviour): Behaviour {
  return (exchange) => {
    exchange.response.setHeader(ANSWER_MARK_HEADER, ANSWER_MARK);
    behaviour(exchange);
  };
}
