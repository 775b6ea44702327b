import { it } from "vitest";
import { ProcessChaos } from "../../support/chaos/process-chaos.ts";

const count = process.env["NOVACULA_PROCESS_CHAOS"];
/** In the suite: a life in which a revoked key is written beside one that works. */
const first = Number(process.env["NOVACULA_SEED"] ?? 3);
/** A minute and more, if nothing else runs; a quarter of it in the suite. */
const TURNS = count === undefined ? 15 : 50;

/** The seed replays what is done; how far a process had come by then is up to the machine. */
it.each(Array.from({ length: Number(count ?? 1) }, (_, n) => first + n))(
  "whatever is written, revoked, killed or cut, the promise holds: seed %i",
  async (seed) => {
    const chaos = await ProcessChaos.start(seed);
    for (let turn = 0; turn < TURNS; turn += 1) {
      await chaos.turn();
    }
    await chaos.calm();
  },
  900_000,
);
