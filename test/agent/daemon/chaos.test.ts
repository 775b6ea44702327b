import { it } from "vitest";
import { Chaos } from "../../support/agent/chaos.ts";

const TURNS = 300;
const first = Number(process.env["NOVACULA_SEED"] ?? 1);
const count = Number(process.env["NOVACULA_CHAOS"] ?? 3);

/** Five minutes, a turn a second. The seed replays them. */
it.each(Array.from({ length: count }, (_, n) => first + n))(
  "whatever happens to the files, the keys, the network and the control plane, the promise holds: seed %i",
  async (seed) => {
    const chaos = await Chaos.start(seed);
    for (let turn = 0; turn < TURNS; turn += 1) {
      await chaos.turn();
    }
    await chaos.calm();
  },
  // Five seconds, if nothing else runs.
  300_000,
);
