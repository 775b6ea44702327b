import { request } from "undici";
import { SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import { SYNC_INPUT } from "./control-plane-server.ts";

/** An executor without an agent: it syncs when the test says so. */
export function createExecutorSyncs(url: string, secret: string, name = "agent-1") {
  const one = async () => {
    const response = await request(`${url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ query: SYNC_EXECUTOR, variables: { input: { ...SYNC_INPUT, name } } }),
    });
    return { status: response.statusCode, text: await response.body.text() };
  };
  return {
    one,
    /** Syncs one after the other until `isDone`, at most 1000 times. */
    async until(isDone: () => boolean): Promise<void> {
      for (let n = 0; n < 1000 && !isDone(); n += 1) {
        await one();
      }
    },
  };
}
