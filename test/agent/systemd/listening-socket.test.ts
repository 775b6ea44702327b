import { describe, expect, it } from "vitest";
import { listenIn } from "../../../src/agent/systemd/listening-socket.ts";

const UNIT = {
  path: "/usr/lib/systemd/system/x.socket",
  text: "[Socket]\n# ListenStream=1\nListenStream=443\n",
};

describe("what a socket unit listens on", () => {
  it("is in its file, or in the last drop-in that says so", () => {
    expect(listenIn([UNIT])).toEqual({ path: UNIT.path, listens: "443" });
    const dropIn = {
      path: "/etc/x.socket.d/override.conf",
      text: "[Socket]\nListenStream=\nListenStream = 8443\n",
    };
    expect(listenIn([UNIT, dropIn])).toEqual({ path: dropIn.path, listens: "8443" });
    expect(listenIn([UNIT, { ...dropIn, text: "[Socket]\nBacklog=1\n" }])?.listens).toBe("443");
  });

  it("is not known from files that cannot be read", () => {
    expect(listenIn([{ path: UNIT.path, text: "" }])).toBeUndefined();
  });
});
