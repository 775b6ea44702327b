import { parseAst } from "rolldown/parseAst";
import { afterEach, describe, expect, it } from "vitest";
import { adviseInPod, asRoot, inPlace, setKeyHint, withSudo } from "../../src/lib/shell-word.ts";
import { sourceFiles } from "../support/source-files.ts";

afterEach(() => adviseInPod(undefined));

describe("a remedy in a pod", () => {
  it.each([
    ["novacula-agent restart", "kubectl delete pod agent-1-0"],
    ["novacula-agent start", "kubectl delete pod agent-1-0"],
    ["systemctl restart novacula-agent", "kubectl delete pod agent-1-0"],
    ["novacula-agent doctor", "kubectl exec agent-1-0 -- novacula-agent doctor"],
    ["novacula-agent retry", "kubectl exec agent-1-0 -- novacula-agent retry"],
    ["journalctl -u novacula-agent -n 30", "kubectl logs agent-1-0"],
    ["journalctl -u novacula-control-plane -p err", "kubectl logs agent-1-0"],
    ["novacula-control-plane org list", "kubectl exec agent-1-0 -- novacula-control-plane org list"],
    ["openssl x509 -in a -out b", "openssl x509 -in a -out b"],
  ])("instead of %s is %s", (command, shown) => {
    adviseInPod("agent-1-0");
    expect(asRoot(command)).toBe(shown);
    expect(withSudo(command)).toBe(shown);
  });

  it("is that of a host everywhere else", () => {
    expect(withSudo("novacula-agent doctor")).toBe("sudo novacula-agent doctor");
    expect(setKeyHint()).toBe(" (sudo novacula-agent set-key)");
    expect(inPlace({ host: 1, pod: 2 })).toBe(1);
  });
});

/** What nobody in a pod can run, in a text for people. */
const OF_HOSTS = /\b(?:sudo|systemctl|journalctl|timedatectl) [\w-]/u;
/** Where a text is for systemd's hosts alone, or for the help of commands. */
const NOT_IN_PODS = [
  "agent/cli/agent-commands.ts",
  "agent/cli/commands.ts",
  "agent/cli/key-commands.ts",
  "agent/cli/node-commands.ts",
  "agent/cli/service-commands.ts",
  "agent/cli/dev/",
  "agent/cli/nodes/",
  "agent/cli/service/",
  // Credentials come from systemd.
  "agent/cli/key/credential-target.ts",
  "agent/config/credential.ts",
  // The log of the control plane, on its own host.
  "agent/cli/key/ask-control-plane.ts",
  // The table of the documentation.
  "agent/journal/",
  // Nodes are services of a host.
  "agent/reconciler/",
  "agent/systemd/",
  "control-plane/cli/command-line.ts",
  // Of a service that is installed.
  "control-plane/cli/management/not-running.ts",
  "control-plane/settings/settings-fix.ts",
  "control-plane/cli/serve/passed-socket.ts",
  "control-plane/log/",
];
/**
 * Texts of systemd's credentials, a command that `adviseDuplicates` chooses, and what the operator
 * of a control plane runs elsewhere: on an executor's host, or on that of PostgreSQL.
 */
const ELSEWHERE =
  /reads a credential only at a start|and restart the service: |^systemctl status $|sudo novacula-agent |sudo systemctl stop novacula-agent\b|sudo -u postgres|start postgresql/u;
const CHOOSERS = new Set(["asRoot", "withSudo", "forAgent"]);
/** The examples in the help of commands; they are those of the manual pages. */
const HELP = new Set(["examples", "description", "notes"]);

/** The texts for people in a part of a syntax tree that nothing has chosen for the place. */
function hostTexts(node: unknown): string[] {
  if (Array.isArray(node)) {
    return node.flatMap(hostTexts);
  }
  if (typeof node !== "object" || node === null) {
    return [];
  }
  const { type, key, callee, value, ...rest } = node as Readonly<Record<string, unknown>>;
  const isChosen =
    (type === "Property" && (nameOf(key) === "host" || HELP.has(nameOf(key)))) ||
    (type === "CallExpression" && CHOOSERS.has(nameOf(callee)));
  if (isChosen) {
    return [];
  }
  const text = typeof value === "string" ? value : type === "TemplateElement" ? cookedOf(value) : "";
  return [
    ...(OF_HOSTS.test(text) ? [text] : []),
    ...[key, callee, value, ...Object.values(rest)].flatMap(hostTexts),
  ];
}

function nameOf(node: unknown): string {
  return typeof node === "object" && node !== null && "name" in node ? String(node.name) : "";
}

function cookedOf(value: unknown): string {
  return typeof value === "object" && value !== null && "cooked" in value ? String(value.cooked) : "";
}

it("no text that a pod can show names sudo or systemd without a choice", () => {
  const files = sourceFiles().filter(
    ({ path }) =>
      /^src\/(?:agent|control-plane|lib\/files)\//u.test(path) &&
      !NOT_IN_PODS.some((place) => path.includes(place)),
  );
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap(({ path, text }) =>
    hostTexts(parseAst(text, { lang: "ts" }))
      .filter((words) => !ELSEWHERE.test(words))
      .map((words) => `${path}: ${words}`),
  );
  expect(found).toEqual([]);
});
