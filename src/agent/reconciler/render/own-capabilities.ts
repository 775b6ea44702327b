import { capabilitiesOf } from "../../../protocol/chains/capabilities.ts";
import { hashOfCapabilities } from "../../../protocol/nodes/capabilities-hash.ts";
import type { NodeCapabilities } from "../../../protocol/nodes/node-exchange.ts";
import type { Programs } from "./programs.ts";

/** What this agent can run, as of the last look for programs. */
export class OwnCapabilities {
  readonly #programs: Programs;
  #known: { readonly value: NodeCapabilities; readonly hash: string; readonly foundAt: number } | undefined;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  current(): { readonly value: NodeCapabilities; readonly hash: string } {
    const { foundAt } = this.#programs;
    if (this.#known?.foundAt === foundAt) {
      return this.#known;
    }
    const value = capabilitiesOf(
      (client, version) => this.#programs.programOf(client, version) !== undefined,
    );
    this.#known = { value, hash: hashOfCapabilities(value), foundAt };
    return this.#known;
  }
}
