import { createServer } from "node:http";
import { pino } from "pino";
import { expect, it } from "vitest";
import { limitConnections } from "../../../src/control-plane/http/connection-limit.ts";

it.each(["network", "management"] as const)(
  "a connection that the %s listener finds no descriptor for ends nothing, and one line says so",
  (which) => {
    const lines: string[] = [];
    const listeners = { network: createServer(), management: createServer() };
    const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
    limitConnections(listeners.network, listeners.management, logger);
    // As Node does where accept(2) fails.
    const fail = (code: string) =>
      listeners[which].emit("error", Object.assign(new Error(`accept ${code}`), { code }));
    fail("EMFILE");
    fail("ENFILE");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"event":"descriptors.exhausted"');
    expect(() => fail("EBADF")).toThrow("accept EBADF");
  },
);
