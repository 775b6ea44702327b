import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { managerFiles, managerPlaces } from "../../../../src/agent/systemd/service/manager-files.ts";
import { serviceEnvironment } from "../../../../src/agent/systemd/service/service-environment.ts";
import { assignmentsOf } from "../../../../src/agent/systemd/service/unit-files.ts";
import { serviceFacts } from "../../../support/agent/service-facts.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const CORP = "/etc/systemd/system.conf.d/20-corp.conf";

describe("the files of systemd itself", () => {
  it("are read in its order, and a drop-in hides its namesakes", async () => {
    const folder = tempDir();
    const [etc, lib] = [join(folder, "etc"), join(folder, "lib")];
    for (const path of ["lib/system.conf.d/10-a.conf", "lib/system.conf.d/20-b.conf", "etc/x"].concat(
      "etc/system.conf.d/20-b.conf",
      "etc/system.conf.d/30-c.conf",
      "etc/system.conf.d/40-d.conf.off",
    )) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), "");
    }
    expect(await managerFiles([etc, join(folder, "none"), lib])).toEqual([
      join(lib, "system.conf"),
      join(folder, "none", "system.conf"),
      join(etc, "system.conf"),
      join(lib, "system.conf.d/10-a.conf"),
      join(etc, "system.conf.d/20-b.conf"),
      join(etc, "system.conf.d/30-c.conf"),
    ]);
  });

  const assignments = [
    ...assignmentsOf(
      "[Manager]\nDefaultEnvironment=GONE=1\nDefaultEnvironment=\n",
      "/etc/systemd/system.conf",
    ),
    ...assignmentsOf(
      '[Manager]\n# corp\nDefaultEnvironment="HTTPS_PROXY=http://proxy:1" SET=1 HOST=%H\n[Service]\nDefaultEnvironment=NO=1\n',
      CORP,
    ),
  ];

  it("say where each variable of DefaultEnvironment= is set", () => {
    expect([...managerPlaces(assignments)].map(([name, { place }]) => [name, place])).toEqual([
      ["HTTPS_PROXY", `${CORP} line 3`],
      ["SET", `${CORP} line 3`],
      ["HOST", `${CORP} line 3`],
    ]);
  });

  it("are the source of a variable, unless systemctl set-environment gave it another value", () => {
    const { sources } = serviceEnvironment({
      facts: serviceFacts(),
      assignments: [],
      manager: "HTTPS_PROXY=http://proxy:1\nSET=21\nHOST=web-1\nLANG=C\n",
      managerAssignments: assignments,
      files: [],
    });
    expect(sources.get("HTTPS_PROXY")).toBe(`${CORP} line 3`);
    expect(sources.get("HOST")).toBe(`${CORP} line 3`);
    expect(sources.get("SET")).toContain("show-environment");
    expect(sources.get("LANG")).toContain("show-environment");
  });
});
