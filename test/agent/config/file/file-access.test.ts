import { describe, expect, it } from "vitest";
import { closingCommand } from "../../../../src/agent/config/file/file-access.ts";

const novacula = { name: "novacula", gid: 998 };
const service = { kind: "known", uid: 998, group: novacula };
const root = { kind: "known", uid: 0, group: novacula };

describe("the command that closes a file", () => {
  it.each([
    ["as packaged", { uid: 0, gid: 998 }, service, "chmod 0640 /k"],
    ["root's own, for the service", { uid: 0, gid: 0 }, service, "chown root:novacula /k && chmod 0640 /k"],
    ["the reader's own", { uid: 998, gid: 998 }, service, "chmod 0600 /k"],
    ["a stranger's", { uid: 1000, gid: 1000 }, service, "chown root:novacula /k && chmod 0640 /k"],
    [
      "a stranger's in the service's group",
      { uid: 1000, gid: 998 },
      service,
      "chown root:novacula /k && chmod 0640 /k",
    ],
    ["seen by root, as packaged", { uid: 0, gid: 998 }, root, "chmod 0640 /k"],
    [
      "seen by root, where the service is installed",
      { uid: 0, gid: 0 },
      root,
      "chown root:novacula /k && chmod 0640 /k",
    ],
    ["seen by root, where it is not", { uid: 0, gid: 0 }, { uid: 0, group: undefined }, "chmod 0600 /k"],
  ])("leaves the reader in: %s", (_whose, owner, reader, command) => {
    expect(closingCommand("/k", owner, reader)).toBe(command);
  });

  it("can be pasted into a shell, whatever the path is", () => {
    const owner = { uid: 998, gid: 998 };
    expect(closingCommand("/a b/it's", owner, service)).toBe("chmod 0600 '/a b/it'\\''s'");
    expect(closingCommand("/a;reboot", owner, service)).toBe("chmod 0600 '/a;reboot'");
    expect(closingCommand("/a\n<0>b", owner, service)).toBe("chmod 0600 '/a <0>b'");
  });
});
