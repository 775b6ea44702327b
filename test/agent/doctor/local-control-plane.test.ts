import { describe, expect, it } from "vitest";
import { controlPlaneUrl } from "../../../src/agent/config/schema/config-url.ts";
import {
  type LocalControlPlane,
  listeningSettings,
  localRemedy,
} from "../../../src/agent/doctor/local-control-plane.ts";

const WANTED = "http://127.0.0.1:3000";

function remedy(more: Partial<LocalControlPlane>, wanted = WANTED) {
  const running = { active: "active", result: "success", isMasked: false };
  return localRemedy({ ...running, url: undefined, address: undefined, settings: {}, ...more }, wanted);
}

describe("the control plane of this host, where connections are refused", () => {
  it.each([
    [
      { active: "failed", result: "start-limit-hit" },
      /too many starts.*systemctl reset-failed novacula-control-plane && .*systemctl start novacula-control-plane$/u,
    ],
    [{ active: "failed", result: "exit-code" }, /it failed: exit-code.*reset-failed.* && .*start/u],
    [{ active: "inactive" }, /is stopped\. Start it: .*systemctl start novacula-control-plane$/u],
    [{ active: "activating" }, /fails at each start.*journalctl -u novacula-control-plane/u],
    [{ active: "inactive", isMasked: true }, /systemctl unmask novacula-control-plane && /u],
  ])("%o is said, with the command", (more, said) => {
    expect(remedy(more)).toMatch(said);
  });

  it("that listens on a name is freed of its HOST", () => {
    const url = "http://host-3:3000";
    expect(remedy({ url, address: "127.0.1.1", settings: { HOST: "host-3" } })).toMatch(
      /listens on host-3 \(127\.0\.1\.1\) port 3000, not 127\.0\.0\.1 port 3000: remove HOST=host-3 from \/etc\/default\/novacula-control-plane and restart it: .*systemctl restart novacula-control-plane$/u,
    );
    expect(remedy({ url })).toContain("remove its HOST from /etc/default/novacula-control-plane, or from");
  });

  it("that has another port is named, with the setting", () => {
    expect(remedy({ url: "http://127.0.0.1:3001", settings: { PORT: "3001" } })).toMatch(
      /\(PORT=3001 in \/etc\/default\/novacula-control-plane\): set control_plane\.url to http:\/\/127\.0\.0\.1:3001,/u,
    );
  });

  it("that serves the wanted address has no remedy", () => {
    expect(remedy({ url: WANTED })).toBeUndefined();
    expect(remedy({ url: "http://0.0.0.0:3000" })).toBeUndefined();
    expect(remedy({})).toBeUndefined();
  });

  const HOSTS = [
    "host-3",
    "localhost",
    "127.0.1.1",
    "10.1.2.3",
    "0.0.0.0",
    "[::]",
    "[::1]",
    "cp.example.com",
  ];
  const served = HOSTS.flatMap((host) => [`http://${host}:3001`, `https://${host}:8443`, `https://${host}`]);
  const cases = served.flatMap((url) =>
    [WANTED, "https://cp.example.com"].map((wanted) => ({ url, wanted })),
  );

  it.each(cases)(
    "$url for $wanted is never answered with a URL that the agent refuses",
    ({ url, wanted }) => {
      const said = remedy({ url }, wanted) ?? "";
      const suggested = said.split("control_plane.url to ").slice(1);
      for (const rest of suggested) {
        expect(controlPlaneUrl.safeParse(rest.split(",")[0]).success).toBe(true);
      }
      expect(suggested.length === 1 || said === "" || said.includes("HOST")).toBe(true);
    },
  );
});

it("of several lines for a variable, the last counts", () => {
  expect(listeningSettings('# HOST=a\nHOST=b\nHOST="host-3"\nPORT=\nEXPORT=1\n')).toEqual({
    HOST: "host-3",
    PORT: undefined,
  });
});
