import { existsSync, readdirSync, readFileSync } from "node:fs";
import { OperatorError } from "../../../lib/errors.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import {
  ENABLED_NODES,
  HAND_GROUP,
  INSTALLED_NODES,
  NODE_UNITS,
  nodeFiles,
  PACKAGED_NODES,
} from "../../systemd/node-files.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { listedUnits, runHostTool, unitProperties } from "../../systemd/systemctl.ts";
import { type FileStep, fileStep } from "./file-step.ts";
import { readInstallRecord, stateOf } from "./install-record.ts";
import { mustSucceed } from "./service-steps.ts";
import type { Step } from "./steps.ts";

const INSTALLED = nodeFiles(INSTALLED_NODES);

/** True for a file of nodes that `install` writes. */
export function isNodeFile(path: string): boolean {
  return INSTALLED.some((file) => file.path === path);
}

/** Writes units and programs of nodes; no steps if the package novacula-nodes has them. */
export function nodeFileSteps(): readonly FileStep[] {
  if (existsSync(`${PACKAGED_NODES.units}/${NODE_UNITS[0]}`)) {
    return [];
  }
  return INSTALLED.map(({ path, text, mode }) => fileStep(`write ${path}`, path, Buffer.from(text), mode));
}

/** The same as one step, so that one line says it. */
export function oneStep(steps: readonly FileStep[]): readonly Step[] {
  if (steps.length === 0) {
    return [];
  }
  const needed = async () => {
    const all = await Promise.all(steps.map(async (step) => ({ step, isNeeded: await step.needed() })));
    return all.filter(({ isNeeded }) => isNeeded).map(({ step }) => step);
  };
  const { units, programs } = INSTALLED_NODES;
  return [
    {
      what: `write the ${steps.length} files for nodes, in ${units} and ${programs}`,
      needed: async () => (await needed()).length > 0,
      async perform() {
        for (const step of await needed()) {
          await step.perform();
        }
      },
    },
  ];
}

/** Rejects with an OperatorError if a file would be replaced that `install` did not write so. */
export async function assertUneditedNodes(steps: readonly FileStep[], isForced: boolean): Promise<void> {
  const recorded = (await readInstallRecord())?.files ?? [];
  for (const { file, needed } of isForced ? [] : steps) {
    const known = recorded.find(({ path }) => path === file.path) ?? file;
    if ((await stateOf(known)) === "changed" && (await needed())) {
      throw new OperatorError(
        `${file.path} has been edited, or install did not write it. Fix: move your changes to a drop-in (sudo systemctl edit), then replace the file with --force`,
      );
    }
  }
}

/** Creates the group that may ask for starts and stops of nodes. It gets no members. */
export function nodeGroupStep(): Step {
  return {
    what: `create the group ${HAND_GROUP}, which systemd gives to the service`,
    needed: async () => !new RegExp(`^${HAND_GROUP}:`, "mu").test(readFileSync("/etc/group", "utf8")),
    perform: async () => await runHostTool("systemd-sysusers", ["--inline", `g ${HAND_GROUP} -`]),
  };
}

/** Enables and starts what is not yet. A start of a target that runs would start stopped nodes. */
export function nodeStartSteps(files: readonly FileStep[]): readonly Step[] {
  if (files.length === 0) {
    return [];
  }
  return NODE_UNITS.map((unit) => ({
    what: `enable and start ${unit}`,
    async needed() {
      const found = await unitProperties(unit, ["UnitFileState", "ActiveState"]);
      return found?.UnitFileState !== "enabled" || found.ActiveState !== "active";
    },
    perform: () => mustSucceed("enable", "--quiet", "--now", unit),
  }));
}

/** Stops and disables the units of nodes themselves; `assertNoNodes` comes first. */
export function nodeStopStep(): Step {
  return {
    what: `stop and disable ${NODE_UNITS.join(" and ")}`,
    needed: async () => true,
    perform: () => mustSucceed("disable", "--quiet", "--now", ...NODE_UNITS),
  };
}

/**
 * Rejects with an OperatorError while nodes run, or are to run at boot: without their units systemd
 * would stop them the hard way and start none.
 */
export async function assertNoNodes(): Promise<void> {
  const kinds = INSTALLED.filter(({ path }) => path.endsWith("@.service")).map(({ path }) =>
    path.slice(INSTALLED_NODES.units.length + 1).replace("@.service", "@*.service"),
  );
  const patterns = kinds.filter((pattern) => !pattern.startsWith("novacula-nodes@"));
  const enabled = existsSync(ENABLED_NODES) ? readdirSync(ENABLED_NODES) : [];
  const nodes = [...new Set([...enabled, ...(await listedUnits(patterns))])].sort();
  if (nodes.length === 0) {
    return;
  }
  throw new OperatorError(
    `nodes are to run on this host, so nothing was changed: ${nodes.join(", ")}. Fix: delete or stop them at the control plane. If it is gone: ${asRoot(`systemctl stop ${SERVICE}`)}; ${asRoot(`systemctl disable --now ${nodes.join(" ")}`)}. Their data stays`,
  );
}
