import { text } from "node:stream/consumers";
import * as z from "zod";
import { NEVER, SYNC_REQUEST, testClient } from "../control-plane/test-client.ts";

/** A separate process that syncs `count` times, with its own memory and environment. */
const job = z
  .object({ url: z.string(), caPem: z.string().optional(), count: z.number() })
  .parse(JSON.parse(await text(process.stdin)));

const client = testClient(job.url, { caPem: job.caPem });
const outcomes = [await client.sync(SYNC_REQUEST, NEVER)];
// A peak, because the kernel may have taken some of it back since.
const before = peakBytes();
for (let count = 1; count < job.count; count += 1) {
  outcomes.push(await client.sync(SYNC_REQUEST, NEVER));
}
const grownBytes = peakBytes() - before;
await client.close();

process.stdout.write(JSON.stringify({ outcomes, grownBytes }));

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
