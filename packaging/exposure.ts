#!/usr/bin/env node
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { nodeFiles, PACKAGED_NODES } from "../src/agent/systemd/node-files.ts";
import { inCheckout } from "./paths.ts";
import { runTool } from "./run-tool.ts";

/** Debian packages of other agents, for comparison. */
const PEERS = [
  "caddy",
  "prometheus-node-exporter",
  "zabbix-agent2",
  "crowdsec-firewall-bouncer",
  "crowdsec-custom-bouncer",
];

/**
 * `npm run exposure` prints the table in docs/service.md: what systemd-analyze(1) says of our units
 * and of others, from the files alone. 0 is a service that can do nothing, 10 one that is not
 * confined. Downloads the packages.
 */
const folder = await mkdtemp(join(tmpdir(), "novacula-exposure-"));
try {
  const rows: (readonly [unit: string, score: string])[] = [];
  for (const unit of ["novacula-agent.service", "novacula-control-plane.service"]) {
    rows.push([unit, await exposure(inCheckout(`systemd/${unit}`))]);
  }
  for (const name of ["bitcoin-node@.service", "novacula-nodes@.service"]) {
    rows.push([name, await exposure(await instanceOf(name))]);
  }
  for (const name of PEERS) {
    const { unit, version } = await fetchUnit(name);
    rows.push([`${basename(unit)} (${name} ${version})`, await exposure(unit)]);
  }
  rows.sort((a, b) => Number(a[1]) - Number(b[1]));
  const lines = rows.map(([unit, score]) => `| ${unit} | ${score} |`);
  process.stdout.write(["| unit | exposure |", "| --- | ---: |", ...lines, ""].join("\n"));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function exposure(unit: string): Promise<string> {
  const said = await runTool("systemd-analyze", ["security", "--offline=yes", "--no-pager", unit]);
  const score = /exposure level for .*: (\d+\.\d)/u.exec(said)?.[1];
  if (score === undefined) {
    throw new Error(`systemd-analyze gives no score for ${unit}`);
  }
  return score;
}

/** systemd-analyze takes no template, so this writes it as one instance of it. */
async function instanceOf(name: string): Promise<string> {
  const template = nodeFiles(PACKAGED_NODES).find(({ path }) => basename(path) === name);
  if (template === undefined) {
    throw new Error(`there is no ${name}`);
  }
  const path = join(folder, name.replace("@", "@one"));
  await writeFile(path, template.text, { flag: "wx" });
  return path;
}

async function fetchUnit(name: string): Promise<{ readonly unit: string; readonly version: string }> {
  await runTool("apt-get", ["download", name], { cwd: folder });
  const archive = (await readdir(folder)).find((file) => file.startsWith(`${name}_`));
  if (archive === undefined) {
    throw new Error(`apt-get left no ${name}_….deb`);
  }
  const root = join(folder, name);
  await runTool("dpkg-deb", ["--extract", join(folder, archive), root]);
  const unit = (await readdir(root, { recursive: true })).find((file) => file.endsWith(`/${name}.service`));
  if (unit === undefined) {
    throw new Error(`${archive} has no ${name}.service`);
  }
  return { unit: join(root, unit), version: decodeURIComponent(archive.split("_")[1] ?? "") };
}
