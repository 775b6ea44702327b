import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { buildImages } from "../../../packaging/image/images.ts";
import { IMAGE_USER } from "../../../packaging/image/layer.ts";
import { packagesInside } from "../../../packaging/licenses.ts";
import { VERSION } from "../../../src/lib/version.ts";
import { SecretVolume } from "../../support/agent/secret-volume.ts";
import { noteKey } from "../../support/canary.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { type Bundle, confine, unpack } from "../../support/pods/bundle.ts";
import { Container } from "../../support/pods/container.ts";
import { containerOf, find } from "../../support/pods/find-object.ts";
import { lacksHelm, rendered } from "../../support/pods/helm.ts";
import { missingForImages } from "../../support/pods/requirements.ts";
import { lacks } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";
import { comingRoots } from "../booted/support/coming-roots.ts";

/** The kubelet sets it. */
const POD = ["KUBERNETES_SERVICE_HOST=10.96.0.1"];
const CHART_URL = "https://cp.example.com";

const layers = inject("layers");
const missing =
  missingForImages() ??
  (layers === undefined ? "the binary of test/systemd" : lacksHelm ? "the helm for x64" : undefined);

describe.skipIf(lacks(missing ?? "", missing === undefined))("the images", () => {
  const { path: folder, remove } = temporaryDirectory();
  let agent: Bundle;
  let controlPlane: Bundle;
  let digests: readonly string[];

  beforeAll(async () => {
    await comingRoots(layers ?? "");
    const images = await buildImages({ level: 0, folder });
    digests = images.map(({ digest }) => digest);
    const [agentArchive = "", controlPlaneArchive = ""] = images.map(({ path }) => path);
    agent = await unpack(agentArchive, join(folder, "agent"));
    controlPlane = await unpack(controlPlaneArchive, join(folder, "control-plane"));
  }, 1_900_000);
  afterAll(remove);

  it("start their program as a user without privileges, and say what they are", () => {
    expect([agent, controlPlane].map(({ spec }) => spec.process.args)).toEqual([
      ["/usr/bin/novacula-agent", "run", "--wait"],
      ["/usr/bin/novacula-control-plane", "serve"],
    ]);
    for (const { spec } of [agent, controlPlane]) {
      expect(spec.process.user).toMatchObject({ uid: IMAGE_USER, gid: IMAGE_USER });
      expect(spec.annotations).toMatchObject({
        "org.opencontainers.image.version": VERSION,
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.revision": expect.stringMatching(/^[\da-f]{40}$/),
      });
    }
  });

  it("have two programs, the libraries of both, and no shell", () => {
    expect(readdirSync(join(agent.root, "usr/bin"))).toEqual([
      "flock",
      "novacula-agent",
      "novacula-control-plane",
    ]);
    const files = readdirSync(agent.root, { recursive: true, encoding: "utf8" });
    const others = files.filter(
      (file) => statSync(join(agent.root, file)).isFile() && !/^usr\/(?:bin|share\/doc)\//.test(file),
    );
    expect(others.filter((file) => !/^lib(?:64)?\/.*\.so(?:\.\d+)*$/.test(file)).toSorted()).toEqual([
      "etc/group",
      "etc/nsswitch.conf",
      "etc/passwd",
    ]);
  });

  it("list what is in them", async () => {
    const text = readFileSync(join(agent.root, "usr/share/doc/novacula-agent/sbom.spdx.json"), "utf8");
    const beside = readdirSync(folder).find((name) => name.endsWith(".spdx.json")) ?? "";
    expect(readFileSync(join(folder, beside), "utf8")).toBe(text);
    const { packages }: { packages: { name: string; SPDXID: string }[] } = JSON.parse(text);
    const names = packages.map(({ name }) => name);
    const inside = (await packagesInside()).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([...inside, "novacula-agent", "node", "openssl", "sqlite", "preact", "libc6"]),
    );
    expect(new Set(packages.map(({ SPDXID }) => SPDXID)).size).toBe(packages.length);
  });

  it("are the same, byte for byte, if they are built once more", async () => {
    const again = await buildImages({ level: 0, folder: join(folder, "again") });
    expect(again.map(({ digest }) => digest)).toEqual(digests);
  });

  it("run as the charts want it: a control plane, and an agent that waits for its key and takes each new one", async () => {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    await using plane = await startControlPlane(port);
    await eventually(async () => (await fetch(`${url}/readyz`)).ok, { describe: "it is ready" });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const program = "/usr/bin/novacula-control-plane";
    await plane.exec(program, "org", "create", "acme");
    const [first, ...others] = await Promise.all(
      ["a", "b", "c", "d"].map(async (name) => {
        const key = (await plane.exec(program, "keys", "create", "--name", name, "--key-only")).trim();
        noteKey(key);
        return key;
      }),
    );

    const secret = new SecretVolume(join(folder, "secret"), 0o440, IMAGE_USER);
    await using executor = await startExecutor(url, secret);
    const pid = await executor.pid();
    await executor.line("key.unusable");
    secret.write({ key: `${first}\n` });
    await executor.line("key.accepted");
    for (const key of others) {
      const from = executor.lines.length;
      secret.write({ key });
      await executor.line("key.rotated", from);
    }
    expect(await executor.pid()).toBe(pid);
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^NSpid:.*\t1$/m);
    expect(await executor.exec("/usr/bin/novacula-agent", "status")).toContain("Online");
    await executor.terminate();
    expect(await executor.ended()).toBe(0);

    await plane.terminate();
    await plane.line("draining");
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(await plane.ended()).toBe(0);
  });

  async function startControlPlane(port: number): Promise<Container> {
    const objects = await rendered("novacula-control-plane", { drainSeconds: 3 });
    const { args, env, volumeMounts } = containerOf(objects, "Deployment");
    const settings = env.map(({ name, value }) => `${name}=${name === "PORT" ? port : value}`);
    const mounts = volumeMounts.map(({ name, mountPath }) => ({ source: volume(name), path: mountPath }));
    confine(controlPlane, { args, environment: [...POD, ...settings], mounts });
    return new Container(controlPlane);
  }

  async function startExecutor(url: string, secret: SecretVolume): Promise<Container> {
    const objects = await rendered("novacula-agent", { "controlPlane.url": CHART_URL });
    const configuration = new SecretVolume(join(folder, "configuration"), 0o444);
    // The chart asks for https, which localhost can do without.
    const text = find(objects, "ConfigMap").data["agent.toml"] ?? "";
    configuration.write({ "agent.toml": text.replace(CHART_URL, url) });
    const hosts = join(folder, "hosts");
    writeFileSync(hosts, "127.0.0.1 localhost\n");
    const known: Readonly<Record<string, string>> = {
      configuration: configuration.folder,
      key: secret.folder,
    };
    const { args, volumeMounts } = containerOf(objects, "StatefulSet");
    const mounts = volumeMounts.map(({ name, mountPath, readOnly }) => {
      return { source: known[name] ?? volume(`agent-${name}`), path: mountPath, isReadOnly: readOnly };
    });
    confine(agent, {
      args,
      environment: POD,
      mounts: [...mounts, { source: hosts, path: "/etc/hosts" }],
    });
    return new Container(agent);
  }

  /** An empty folder with the group of the pod, as the kubelet makes it. */
  function volume(name: string): string {
    const path = join(folder, name);
    mkdirSync(path);
    chownSync(path, 0, IMAGE_USER);
    chmodSync(path, 0o2777);
    return path;
  }
});
