import { describe, expect, it } from "vitest";
import { readSettings } from "../../../../src/control-plane/settings/settings.ts";
import { containerOf, find } from "../../../support/pods/find-object.ts";
import { lacksHelm, lint, refusal, rendered } from "../../../support/pods/helm.ts";
import { lacks } from "../../../support/requires.ts";

const CHART = "novacula-control-plane";
/** Everything that is off by default. */
const EVERYTHING = {
  "page.url": "https://cp.example.com",
  "page.secretName": "page",
  "tls.secretName": "tls",
  environment: { LOG_LEVEL: "debug" },
  ingress: { enabled: true, className: "nginx", host: "cp.example.com", tlsSecretName: "cp-tls" },
  networkPolicy: { enabled: true, from: [{ podSelector: {} }], metricsFrom: [{ namespaceSelector: {} }] },
  metrics: { enabled: true, serviceMonitor: { enabled: true, labels: { release: "prometheus" } } },
};

async function settingsOf(values: Readonly<Record<string, unknown>>) {
  const { env } = containerOf(await rendered(CHART, values), "Deployment");
  return readSettings(Object.fromEntries(env.map(({ name, value }) => [name, value])));
}

describe.skipIf(lacks("the helm for x64", !lacksHelm))("the chart of the control plane", () => {
  it("has no fault that helm finds", async () => {
    expect(await lint(CHART)).toContain("0 chart(s) failed");
    expect(await lint(CHART, EVERYTHING)).toContain("0 chart(s) failed");
  });

  it("runs one process on one volume, and never two at the same time", async () => {
    const objects = await rendered(CHART);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "PersistentVolumeClaim prod-novacula-control-plane",
      "Service prod-novacula-control-plane",
      "Deployment prod-novacula-control-plane",
    ]);
    const { spec } = find(objects, "Deployment");
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    expect(spec).toMatchSnapshot();
  });

  it("can have https, a page, an ingress, a policy and metrics", async () => {
    const objects = await rendered(CHART, EVERYTHING);
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual([
      "Deployment",
      "Ingress",
      "NetworkPolicy",
      "PersistentVolumeClaim",
      "Service",
      "Service",
      "ServiceMonitor",
    ]);
    expect(objects).toMatchSnapshot();
  });

  it("gives the control plane settings that it accepts", async () => {
    expect(await settingsOf({})).toMatchObject({
      host: "0.0.0.0",
      port: 3000,
      drainMs: 5000,
      tls: undefined,
    });
    expect(await settingsOf(EVERYTHING)).toMatchObject({
      logLevel: "debug",
      metricsAddress: { host: "0.0.0.0", port: 9464 },
      tls: { certPath: "/etc/novacula-tls/tls.crt", keyPath: "/etc/novacula-tls/tls.key" },
      people: { origin: "https://cp.example.com" },
    });
  });

  it("uses a volume that is there, and an image by its digest", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const objects = await rendered(CHART, { "database.existingClaim": "old", "image.digest": digest });
    expect(objects.map(({ kind }) => kind)).not.toContain("PersistentVolumeClaim");
    expect(JSON.stringify(objects)).toContain('"claimName":"old"');
    expect(containerOf(objects, "Deployment").image).toBe(`novacula-control-plane@${digest}`);
  });

  it("runs several pods on a PostgreSQL database, of which one at a time may be away", async () => {
    const values = {
      ...EVERYTHING,
      replicaCount: 3,
      "database.urlSecretName": "db",
      "database.caSecretName": "db-ca",
      networkPolicy: { enabled: true, databaseTo: [{ namespaceSelector: {} }] },
    };
    expect(await lint(CHART, values)).toContain("0 chart(s) failed");
    const objects = await rendered(CHART, values);
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds).toContain("PodDisruptionBudget");
    expect(kinds).not.toContain("PersistentVolumeClaim");
    expect(find(objects, "PodDisruptionBudget").spec).toMatchObject({ maxUnavailable: 1 });
    const { spec } = find(objects, "Deployment");
    expect(spec).toMatchObject({
      replicas: 3,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
    expect(JSON.stringify(spec)).not.toContain("control-plane.db");
    expect(spec).toMatchSnapshot();
    expect(find(objects, "NetworkPolicy").spec).toMatchSnapshot();
  });

  it("names the trusted proxies as one list", async () => {
    const containers = async (values: Readonly<Record<string, unknown>>) =>
      JSON.stringify(find(await rendered(CHART, values), "Deployment").spec);
    expect(await containers({})).not.toContain("TRUSTED_PROXIES");
    const spec = await containers({ trustedProxies: ["10.42.0.0/16", "2001:db8::7"] });
    expect(spec).toContain(JSON.stringify({ name: "TRUSTED_PROXIES", value: "10.42.0.0/16,2001:db8::7" }));
  });

  it.each([
    [
      { "database.urlSecretName": "db", "page.url": "https://cp.example.com" },
      "put it into a Secret, and --set page.secretName=",
    ],
    [{ "database.caSecretName": "ca" }, "database.caSecretName is set, but the database is an SQLite file"],
    [{ replicaCount: 2 }, "replicaCount is more than 1. The database is one SQLite file"],
    [{ drainSeconds: 25 }, "Fix: --set terminationGracePeriodSeconds=35"],
    [{ "metrics.serviceMonitor.enabled": true }, "Fix: --set metrics.enabled=true"],
    [{ "ingress.enabled": true }, "ingress.host is not set"],
    [{ drainSeconds: "5s" }, "/drainSeconds"],
    [{ trustedProxies: ["10.0.0.1,10.0.0.2"] }, "/trustedProxies/0"],
    [{ trustedProxies: ["ingress-nginx"] }, "/trustedProxies/0"],
    [{ "page.url": "cp.example.com/page" }, "/page/url"],
    [{ environment: { LOG_LEVEL: 1 } }, "/environment/LOG_LEVEL"],
    [{ "database.url": "postgres://db/novacula" }, "'url' not allowed"],
  ])("refuses %j", async (values, complaint) => {
    expect(await refusal(CHART, values)).toContain(complaint);
  });
});
