import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  diskOf,
  isOnMount,
  mountsAt,
  portsIn,
  takenPorts,
} from "../../../../src/agent/reconciler/host/host-facts.ts";
import { tempDir } from "../../../support/temp-dir.ts";

it("knows the ports that something listens on, and not those of connections", async () => {
  const tcp = createServer().listen(0, "127.0.0.1");
  const udp = createSocket("udp4").bind(0, "127.0.0.1");
  try {
    await Promise.all([once(tcp, "listening"), once(udp, "listening")]);
    const address = tcp.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const taken = await takenPorts();
    expect(taken.has(`tcp:${port}`)).toBe(true);
    expect(taken.has(`udp:${udp.address().port}`)).toBe(true);
  } finally {
    tcp.close();
    udp.close();
  }
  expect((await takenPorts("/nonexistent")).size).toBe(0);
});

it("reads tables of IPv4 and IPv6", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:1F91 0100007F:CAFE 01 00000000:00000000 00:00000000 00000000     0        0 1 1
   2: 00000000000000000000000001000000:208D 00000000000000000000000000000000:0000 0A 00000000:00000000 00
`;
  expect(portsIn(table, "0A")).toEqual([8080, 8333]);
});

it("looks at the first file system that can be seen", async () => {
  expect(await diskOf(["/nonexistent"])).toBeUndefined();
  const disk = await diskOf(["/nonexistent", "/"]);
  expect(disk?.totalBytes).toBeGreaterThan(disk?.freeBytes ?? Number.POSITIVE_INFINITY);
});

it("knows the disks that are mounted for nodes, and whose data is on them", async () => {
  const table = join(tempDir(), "mountinfo");
  const lines = [
    "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
    "90 24 8:16 / /var/lib/private rw shared:2 - ext4 /dev/sdb rw",
    "91 90 8:32 / /var/lib/private/novacula-nodes/btc-1 rw shared:3 - xfs /dev/sdc rw",
    "92 90 8:48 / /var/lib/private/novacula-nodes/a\\040b rw shared:4 - xfs /dev/sdd rw",
    "93 90 8:64 / /var/lib/private/novacula-nodes-old rw shared:5 - xfs /dev/sde rw",
  ];
  writeFileSync(table, `${lines.join("\n")}\n`);
  const data = "/var/lib/private/novacula-nodes";
  const mounts = await mountsAt(data, table);
  expect(mounts).toEqual([`${data}/btc-1`, `${data}/a b`]);
  expect(isOnMount(`${data}/btc-1`, mounts)).toBe(true);
  expect(isOnMount(`${data}/btc-10`, mounts)).toBe(false);
  expect(isOnMount(`${data}/btc-10`, [data])).toBe(true);
  expect(await mountsAt("/", table)).toContain("/");
  expect(await mountsAt(data, "/nonexistent")).toEqual([]);
});
