import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHostMeter, measureHost } from "../../../../src/agent/daemon/resources/host-resources.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

describe("what the host has", () => {
  it("is its processors, its memory and the file system of data_dir", async () => {
    using directory = temporaryDirectory();
    const host = await measureHost(directory.path);
    expect(host.cpuCount).toBeGreaterThan(0);
    expect(host.memoryFreeBytes).toBeLessThan(host.memoryTotalBytes);
    expect(host.diskFreeBytes).toBeLessThanOrEqual(host.diskTotalBytes ?? 0);
  });

  it("is without a disk where data_dir is not there yet", async () => {
    using directory = temporaryDirectory();
    expect(await measureHost(join(directory.path, "missing"))).not.toHaveProperty("diskTotalBytes");
  });

  it("is measured again after half a minute, or for another data_dir", async () => {
    using directory = temporaryDirectory();
    let now = 0;
    const meter = createHostMeter({ now: () => now, wall: (at) => at, fromWall: (at) => at });
    const first = await meter(directory.path);
    now = 29_999;
    expect(await meter(directory.path)).toBe(first);
    expect(await meter(join(directory.path, "missing"))).not.toBe(first);
    const other = await meter(directory.path);
    now += 30_000;
    expect(await meter(directory.path)).not.toBe(other);
  });
});
