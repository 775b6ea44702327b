import { expect, it } from "vitest";
import { keptConnectionEntry } from "../../../../src/agent/daemon/narration/narrate-agent.ts";
import { unreachable } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { fileWith } from "../../../support/agent/loaded.ts";
import { makeKey } from "../../../support/keys.ts";

it.each([
  ["dns", "the name cp.example.com is not known", "check the name"],
  ["connection-refused", "nothing listens at 192.0.2.7:443", "start it"],
  ["tls-untrusted", "its certificate is not trusted", "set control_plane.ca_file"],
] as const)(
  "a connection that cannot be replaced (%s): still online, why, and what to do",
  (cause, detail, remedy) => {
    const generation = { ...fileWith(makeKey()), id: 1, file: "agent.toml" };
    const { event, message, fields } = keptConnectionEntry(
      generation,
      unreachable(cause, detail, { remedy }),
    );
    expect(event).toBe("control-plane.kept-connection");
    expect(message).toContain(detail);
    expect(message.toLowerCase()).toContain(remedy.toLowerCase());
    expect(message).toMatch(/old (one|connection)|still online|stays/iu);
    expect(JSON.stringify(fields)).toContain(cause);
  },
);
