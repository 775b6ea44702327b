import { processKinds } from "../../../src/protocol/chains/process-kinds.ts";
import type { Exchange } from "./recorded-hand.ts";

/**
 * What the hand may do, written down a second time: from the bytes of a request to the calls that
 * change something or read a journal. Undefined for a request that it has to refuse.
 */
export function allowedCalls(bytes: Buffer): readonly (readonly string[])[] | undefined {
  const end = bytes.indexOf("\n");
  // A shell drops NUL.
  const line = bytes.subarray(0, end).toString("latin1").replaceAll("\0", "");
  if (end < 0 || line.length > 200 || !/^[a-zA-Z0-9@.= -]*$/u.test(line)) {
    return undefined;
  }
  const [verb = "", unit = "", ...rest] = line.split(" ").filter(Boolean);
  const [, kind, node = ""] = /^([^@]+)@([^@]+)\.service$/u.exec(unit) ?? [];
  const isKnown = processKinds().some((each) => each.kind === kind);
  if (!isKnown || node.length > 26 || !/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u.test(node)) {
    return undefined;
  }
  const words = rest.join(" ");
  switch (verb) {
    case "run":
      return words === "" ? [call("enable", "--quiet", unit), call("start", "--no-block", unit)] : undefined;
    case "stop":
      return words === "" ? [call("stop", "--no-block", unit)] : undefined;
    case "restart":
      return words === "" && unit === "bitcoin-node@known.service"
        ? [call("restart", "--no-block", unit)]
        : undefined;
    case "limit":
      return limitCalls(unit, rest);
    case "delete": {
      const all = processKinds().map((each) => `${each.kind}@${node}.service`);
      const both = [call("clean", "--what=state", unit), call("revert", ...all)];
      return words === `data=${node}` ? both : undefined;
    }
    case "logs":
      return /^(?:[1-9]\d{0,2}|1000)$/u.test(words)
        ? [
            [
              ...["journalctl", "--quiet", "--no-pager", "--output=json", "--output-fields=MESSAGE,PRIORITY"],
              ...[`--unit=${unit}`, `--lines=${words}`],
            ],
          ]
        : undefined;
    default:
      return undefined;
  }
}

function limitCalls(unit: string, pairs: readonly string[]): readonly (readonly string[])[] | undefined {
  const set = pairs.map((pair) => {
    const [, name = "", value = ""] =
      /^(MemoryHigh|MemoryMax|CPUQuota|IOWeight)=(none|[1-9]\d{0,14})$/u.exec(pair) ?? [];
    if (name === "") {
      return undefined;
    }
    const isMemory = name.startsWith("Memory");
    return `${name}=${value === "none" ? (isMemory ? "infinity" : "") : name === "CPUQuota" ? `${value}%` : value}`;
  });
  const given = set.filter((pair) => pair !== undefined);
  return given.length === pairs.length && given.length >= 1 && given.length <= 4
    ? [call("set-property", unit, ...given)]
    : undefined;
}

function call(...args: readonly string[]): readonly string[] {
  return ["systemctl", ...args];
}

/** Why the hand has done other things than it may; undefined if it has not. */
export function violation(bytes: Buffer, { answer, calls }: Exchange): string | undefined {
  const allowed = allowedCalls(bytes);
  const effects = calls.filter(([, verb]) => verb !== "show" && verb !== "list-units");
  const last = answer.trimEnd().split("\n").at(-1) ?? "";
  const isAnswered = allowed === undefined ? last === "" || last.startsWith("error ") : last === "ok";
  if (JSON.stringify(effects) === JSON.stringify(allowed ?? []) && isAnswered) {
    return undefined;
  }
  return `${JSON.stringify(bytes.toString("latin1"))}: ${JSON.stringify({ answer, calls, allowed })}`;
}
