import { hostname } from "node:os";
import { expect, it } from "vitest";
import { isCommonName } from "../../../src/agent/config/executor-name.ts";
import { validateConfig } from "../../../src/agent/config/validate-config.ts";

const TABLES = { control_plane: { url: "https://cp.example.com", access_token: "x" } };

it("without agent.name it is the host's, and the configuration says so", () => {
  expect(validateConfig(TABLES).config?.agent).toMatchObject({
    name: hostname().slice(0, 63),
    isNameSet: false,
  });
  const named = validateConfig({ ...TABLES, agent: { name: "web-01" } });
  expect(named.config?.agent).toMatchObject({ name: "web-01", isNameSet: true });
});

it.each([
  "localhost",
  "localhost.localdomain",
  "LOCALHOST",
  "localhost6.localdomain6",
  "ip6-localhost",
  "(none)",
  "localhost-live.lan",
  "debian",
  "ubuntu.example.com",
  "unassigned-hostname.unassigned-domain",
  "ubuntu-server",
  "rescue",
  "archiso",
  "debian-template",
])("%s may be the name of many hosts", (name) => expect(isCommonName(name)).toBe(true));

it.each([
  "web-01",
  "localhost-7",
  "my-debian",
  "debian12",
  "host1.example.com",
  "node",
  "",
  "server",
  "rescue-1",
])("%j may be the name of one", (name) => expect(isCommonName(name)).toBe(false));
