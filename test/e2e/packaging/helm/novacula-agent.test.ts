import { execFileSync } from "node:child_process";
import { parse } from "@iarna/toml";
import { describe, expect, it } from "vitest";
import { CONFIG_TABLES } from "../../../../src/agent/config/schema/config-schema.ts";
import { find } from "../../../support/pods/find-object.ts";
import { lacksHelm, lint, refusal, rendered, tool } from "../../../support/pods/helm.ts";
import { lacks } from "../../../support/requires.ts";

const REQUIRED = { "controlPlane.url": "https://cp.example.com" };

describe.skipIf(lacks("the helm for x64", !lacksHelm))("the chart of the agent", () => {
  it("has no fault that helm finds", async () => {
    expect(await lint("novacula-agent", REQUIRED)).toContain("0 chart(s) failed");
  });

  it("makes one executor, which keeps its name and waits for its key", async () => {
    const objects = await rendered("novacula-agent", REQUIRED);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "ConfigMap prod-novacula-agent",
      "Service prod-novacula-agent",
      "StatefulSet prod-novacula-agent",
    ]);
    const { spec } = find(objects, "StatefulSet");
    expect(spec).toMatchObject({ replicas: 1, serviceName: "prod-novacula-agent" });
    expect(spec).toMatchSnapshot();
  });

  it("mounts the key as a whole volume that may come later, readable by the agent alone", async () => {
    const text = JSON.stringify(await rendered("novacula-agent", { ...REQUIRED, "key.secretName": "own" }));
    expect(text).toContain(
      JSON.stringify({ name: "key", secret: { secretName: "own", defaultMode: 0o440, optional: true } }),
    );
    expect(text).not.toContain("subPath");
    expect(text).not.toContain("secretKeyRef");
  });

  it("gets its key by the command that the notes name, from stdin", async () => {
    const command = [
      ...[await tool("kubectl"), "create", "secret", "generic", "prod-novacula-agent-key"],
      ...["--namespace=default", "--from-file=key=/dev/stdin", "--dry-run=client", "--output=json"],
    ];
    // By a pipe: the stdin of a child of Node is a socket, which /dev/stdin cannot open.
    const created = execFileSync("sh", ["-c", 'cat | "$@"', "sh", ...command], { input: "not a key\n" });
    expect(JSON.parse(String(created))).toMatchObject({
      kind: "Secret",
      data: { key: Buffer.from("not a key\n").toString("base64") },
    });
  });

  it("writes an agent.toml that the agent reads, whatever the values are", async () => {
    const name = 'a "name" with \\ and <&>';
    const ca = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n";
    const objects = await rendered("novacula-agent", {
      ...REQUIRED,
      "agent.name": name,
      "controlPlane.ca": ca,
      "controlPlane.proxy": "none",
      "controlPlane.syncIntervalSecs": 0.5,
      "logging.level": "warn",
    });
    const { data } = find(objects, "ConfigMap");
    const toml = parse(data["agent.toml"] ?? "");
    expect(toml).toEqual({
      agent: { name, data_dir: "/var/lib/novacula", runtime_dir: "/run/novacula" },
      control_plane: {
        url: "https://cp.example.com",
        access_token_file: "/etc/novacula-key/key",
        ca_file: "/etc/novacula/ca.pem",
        proxy: "none",
        sync_interval_secs: 0.5,
      },
      logging: { level: "warn" },
    });
    const known = Object.entries(CONFIG_TABLES).map(([table, { shape }]) => [table, Object.keys(shape)]);
    for (const [table, settings] of Object.entries(toml)) {
      expect(Object.fromEntries(known)[table]).toEqual(expect.arrayContaining(Object.keys(settings)));
    }
    expect(data["ca.pem"]).toBe(ca);
  });

  it("keeps the state on a volume of its own, or in the pod", async () => {
    const kept = JSON.stringify(await rendered("novacula-agent", REQUIRED));
    expect(kept).toContain("volumeClaimTemplates");
    const inPod = JSON.stringify(
      await rendered("novacula-agent", { ...REQUIRED, "state.persistent": false }),
    );
    expect(inPod).not.toContain("volumeClaimTemplates");
    expect(inPod).toContain(JSON.stringify({ name: "state", emptyDir: { sizeLimit: "64Mi" } }));
  });

  it.each([
    [{}, "controlPlane.url is not set"],
    [{ "controlPlane.url": "http://cp.example.com" }, "/controlPlane/url"],
    [{ ...REQUIRED, "controlPlane.syncIntervalSecs": 60 }, "/controlPlane/syncIntervalSecs"],
    [{ ...REQUIRED, "key.value": "exc_" }, "'value' not allowed"],
    [{ ...REQUIRED, "state.size": "64 MB" }, "/state/size"],
    [{ ...REQUIRED, "image.digest": "latest" }, "/image/digest"],
    [{ ...REQUIRED, replicas: 2 }, "'replicas' not allowed"],
  ])("refuses %j", async (values, complaint) => {
    expect(await refusal("novacula-agent", values)).toContain(complaint);
  });
});
