import { expect, it } from "vitest";
import { createNetworkServer, listenOnNetwork } from "../../../src/control-plane/http/listener.ts";
import { CommandError } from "../../../src/lib/command-line/command-error.ts";

const PLACE = "/etc/default/novacula-control-plane line 3";
/** Of RFC 5737, so no host has it. */
const NOBODYS = "203.0.113.55";

async function complaint(hostPlace: () => string | undefined): Promise<CommandError> {
  const options = { host: NOBODYS, hostPlace, port: 0, tls: undefined };
  const server = createNetworkServer(options, () => undefined);
  const error = await listenOnNetwork(server, options).catch((thrown: unknown) => thrown);
  return error instanceof CommandError ? error : expect.fail(`no CommandError: ${String(error)}`);
}

it("a HOST that no interface has is named with its place, and the command that shows the addresses", async () => {
  const { message, fix } = await complaint(() => PLACE);
  expect(message).toBe(
    `cannot listen on HOST ${NOBODYS}, PORT 0: no interface of this host has that address`,
  );
  expect(fix).toContain(`set HOST (${PLACE}) to an address of this host, `);
  expect(fix?.split("\n").at(-1)).toBe("ip -brief address");
  expect((await complaint(() => undefined)).fix).toContain("set HOST to an address of this host, ");
});
