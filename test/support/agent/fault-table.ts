import { conditionOf } from "../../../src/agent/daemon/status/condition.ts";
import {
  NO_NODES_STATUS,
  type NodeStatus,
  type NodesStatus,
} from "../../../src/agent/daemon/status/nodes-status.ts";
import type { AgentStatus } from "../../../src/agent/daemon/status/status.ts";
import { checkChanges } from "../../../src/agent/doctor/check-changes.ts";
import { checkConditions } from "../../../src/agent/doctor/check-conditions.ts";
import { checkConnection } from "../../../src/agent/doctor/check-connection.ts";
import { checkExecutor, type ExecutorFacts } from "../../../src/agent/doctor/check-executor.ts";
import { checkFiles, type FileFacts } from "../../../src/agent/doctor/check-files.ts";
import { checkNodes } from "../../../src/agent/doctor/check-nodes.ts";
import { checkPlaces, type PlaceFacts } from "../../../src/agent/doctor/check-places.ts";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import type { Check, Stage } from "../../../src/agent/doctor/examination.ts";
import type { EventName } from "../../../src/agent/journal/events.ts";
import type { UnreachableCause } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { assignmentsOf } from "../../../src/agent/systemd/service/unit-files.ts";
import type { NodeProblem } from "../../../src/protocol/nodes/observed-node.ts";
import { damagedFile, invalidFile } from "./loaded.ts";
import { serviceFacts } from "./service-facts.ts";

/** A fault of a host, the stage at which doctor has to find it, and the remedy that it has to give. */
export interface FaultRow {
  readonly fault: string;
  readonly stage: Stage;
  /** A piece of what doctor says. */
  readonly says: string;
  /** A piece of the remedy: a command, if one command is enough. */
  readonly remedy: string;
  checks(): readonly Check[];
}

type Row = readonly [
  fault: string,
  stage: Stage,
  says: string,
  remedy: string,
  checks: () => readonly Check[],
];

export const ONLINE: AgentStatus = {
  state: "online",
  since: null,
  reason: "Online with key 3fa9c1d2.",
  executor: "agent-1",
  controlPlane: "https://cp.example.com",
  organization: null,
  key: { fingerprint: "3fa9c1d2", id: null, name: null, source: "agent.toml line 7", endsAt: null },
  lastAcceptedAt: null,
  lastAttemptAt: null,
  nextAttemptAt: null,
  attempts: 1,
  pendingChange: null,
  nodes: [],
  duplicates: [],
  conditions: [],
  configPath: "/etc/novacula/agent.toml",
  dataDir: "/var/lib/novacula",
  pid: 42,
  version: "1.2.3",
  startedAt: null,
};

/** The facts of an executor that its service keeps online. */
export const ONLINE_FACTS: ExecutorFacts = {
  reply: { kind: "answered", status: ONLINE },
  mainPid: 42,
  configPath: ONLINE.configPath,
  files: "usable",
  isUnitChanged: false,
  fingerprint: "3fa9c1d2",
  isAccepted: true,
  others: [],
  living: undefined,
};

/** Of files that everybody may read who has to. */
export const GOOD_FILES: FileFacts = { obstacles: [], pathSource: undefined, isDenied: false };

/** The places of a service that has everything. */
export const GOOD_PLACES: PlaceFacts = {
  owner: { user: "novacula", group: "novacula" },
  hidden: [],
  missing: [],
  missingSources: [],
  unread: [],
  blocked: [],
  dataDir: { path: "/srv/data", source: "/etc/novacula/agent.toml line 2", state: "usable" },
};

const BY_HAND = {
  pid: 77,
  user: "root",
  service: undefined,
  configPath: ONLINE.configPath,
  isOtherExecutor: false,
};

const CLONE = {
  hostName: "web-2",
  address: "10.0.0.2",
  pid: 9,
  unit: null,
  isOnThisHost: false,
  lastSyncAt: "2026-11-28T12:00:00.000Z",
};

const unit = (shown: string) => () => checkUnit(serviceFacts(shown));
const executor = (changes: Partial<ExecutorFacts>) => () => checkExecutor({ ...ONLINE_FACTS, ...changes });
const state = (word: AgentStatus["state"], isAccepted = false, files: ExecutorFacts["files"] = "usable") =>
  executor({
    isAccepted,
    files,
    reply: { kind: "answered", status: { ...ONLINE, state: word, reason: "So it is." } },
  });
const silent = (mainPid: number | undefined) =>
  executor({ mainPid, reply: { kind: "silent", why: "No agent runs here.", isDenied: false } });
const places = (changes: Partial<PlaceFacts>) => () => checkPlaces({ ...GOOD_PLACES, ...changes });
const dataDir = (found: PlaceFacts["dataDir"]["state"]) =>
  places({ dataDir: { ...GOOD_PLACES.dataDir, state: found } });
const asked =
  (answer: { readonly kind: "refused" | "unreachable"; readonly cause?: UnreachableCause }) => () =>
    checkConnection({
      url: "https://cp.example.com",
      urlSource: "control_plane.url, /etc/novacula/agent.toml line 2",
      route: { kind: "direct" },
      proxySource: "HTTPS_PROXY, /etc/systemd/system/novacula-agent.service.d/p.conf line 2",
      nowMs: 0,
      answer: {
        kind: answer.kind,
        cause: answer.cause,
        detail: "it failed",
        remedy: "Do this.",
        serverTimeMs: 0,
      },
    });
const nodeStatus = (problem: NodeProblem | null): NodeStatus => {
  return {
    name: "btc-1",
    id: "1",
    chain: "bitcoin",
    network: "mainnet",
    desiredState: "running",
    revision: 1,
    runningRevision: 1,
    isUnlisted: false,
    isKept: false,
    waitsForName: false,
    processes: [
      {
        role: "node",
        unit: "bitcoin-node@btc-1.service",
        client: "bitcoind",
        version: "29.0",
        status: problem === null ? "running" : "error",
        problem,
        reason: "It is so.",
        since: "2026-11-28T12:00:00Z",
        restarts: 0,
        height: null,
        targetHeight: null,
        peers: null,
        syncProgress: null,
        memoryBytes: null,
      },
    ],
  };
};
const nodes = (status: Partial<NodesStatus>) => () =>
  checkNodes({
    status: { ...NO_NODES_STATUS, ...status },
    hand: "answers",
    oddTemplates: [],
    hiddenDisks: [],
  });
const node = (problem: NodeProblem) => nodes({ nodes: [nodeStatus(problem)] });

const URL_PLACE = "it failed (control_plane.url, /etc/novacula/agent.toml line 2)";
const RESTART = "systemctl reset-failed novacula-agent && ";
const FAILED = "ActiveState=failed\nSubState=failed\nMainPID=0\nResult=exit-code";

const FILES: readonly Row[] = [
  [
    "agent.toml is not valid",
    "syntax",
    "is not valid TOML",
    "Fix it.",
    () => checkFiles(invalidFile(), GOOD_FILES),
  ],
  [
    "the key is damaged",
    "key",
    "U+0020 SPACE",
    "Copy the key again.",
    () => checkFiles(damagedFile(), GOOD_FILES),
  ],
  [
    "the service may not read the key",
    "mode",
    "cannot read /k",
    "chgrp novacula /k",
    () =>
      checkFiles(damagedFile(), {
        ...GOOD_FILES,
        obstacles: [{ problem: "the service's user cannot read /k", remedy: "chgrp novacula /k" }],
      }),
  ],
  [
    "the key file is below /tmp, and PrivateTmp= hides it",
    "file",
    "the service does not see /tmp/key, because PrivateTmp=yes of its unit hides /tmp",
    "install -o root -g novacula -m 0640 /tmp/key /etc/novacula/key",
    places({
      hidden: [{ path: "/tmp/key", target: "/tmp/key", by: { folder: "/tmp", setting: "PrivateTmp=yes" } }],
    }),
  ],
];

const CONNECTION: readonly Row[] = [
  ...(
    [
      ["dns", "dns"],
      ["connection-refused", "tcp"],
      ["network", "tcp"],
      ["timeout", "tcp"],
      ["tls-untrusted", "tls"],
      ["tls-expired", "tls"],
      ["tls-not-yet-valid", "tls"],
      ["tls-name-mismatch", "tls"],
      ["tls-other", "tls"],
      ["insecure-url", "tls"],
      ["connection-lost", "answer"],
      ["captive-portal", "answer"],
      ["redirect", "answer"],
      ["not-a-control-plane", "answer"],
      ["wrong-path", "answer"],
      ["foreign-refusal", "answer"],
      ["authorization-changed", "answer"],
      ["rate-limited", "answer"],
      ["server-error", "answer"],
      ["rejected-request", "answer"],
      ["answer-too-large", "answer"],
      ["answer-malformed", "answer"],
    ] as const
  ).map(
    ([cause, stage]): Row => [cause, stage, URL_PLACE, "Do this.", asked({ kind: "unreachable", cause })],
  ),
  ...(["proxy", "proxy-authentication"] as const).map(
    (cause): Row => [cause, "proxy", "it failed", "Do this.", asked({ kind: "unreachable", cause })],
  ),
  ["the key is refused", "authentication", "it failed", "Do this.", asked({ kind: "refused" })],
];

const UNIT: readonly Row[] = [
  [
    "masked",
    "unit",
    "masked",
    "systemctl unmask novacula-agent",
    unit("LoadState=masked\nUnitFileState=masked\nActiveState=inactive"),
  ],
  [
    "masked until the next boot",
    "unit",
    "masked",
    "unmask --runtime",
    unit("LoadState=masked\nUnitFileState=masked-runtime"),
  ],
  [
    "a line of the unit is wrong",
    "unit",
    "bad-setting",
    "systemd-analyze verify",
    unit("LoadState=bad-setting"),
  ],
  [
    "stopped",
    "unit",
    "inactive",
    "systemctl start novacula-agent",
    unit("ActiveState=inactive\nSubState=dead"),
  ],
  [
    "the start limit is reached",
    "unit",
    "too often",
    RESTART,
    unit("ActiveState=failed\nResult=start-limit-hit"),
  ],
  ["the watchdog ended it", "unit", "it hung", RESTART, unit("ActiveState=failed\nResult=watchdog")],
  ["out of memory", "unit", "memory ran out", RESTART, unit("ActiveState=failed\nResult=oom-kill")],
  [
    "it ends again and again",
    "unit",
    "again and again (3",
    "journalctl -u novacula-agent",
    unit("ActiveState=activating\nSubState=auto-restart\nNRestarts=3\nResult=exit-code\nExecMainStatus=1"),
  ],
  ["the program is missing", "unit", "203/EXEC", RESTART, unit(`${FAILED}\nExecMainStatus=203`)],
  [
    "the user is missing",
    "unit",
    "novacula does not exist (status 217/USER)",
    "systemd-sysusers",
    unit(`${FAILED}\nExecMainStatus=217`),
  ],
  [
    "the working folder is missing",
    "unit",
    "/srv/w cannot be entered",
    "install -d /srv/w",
    unit(`${FAILED}\nExecMainStatus=200\nWorkingDirectory=/srv/w`),
  ],
  [
    "the folder of the service is closed, and its unit names none",
    "unit",
    "the folder / cannot be entered (status 200/CHDIR)",
    `chmod 755 / && `,
    unit(`${FAILED}\nExecMainStatus=200\nWorkingDirectory=`),
  ],
  [
    "its folder is that of a person",
    "unit",
    "its WorkingDirectory= ~ cannot be entered",
    "Name another folder in WorkingDirectory=: systemctl edit novacula-agent. Then run: ",
    unit(`${FAILED}\nExecMainStatus=200\nWorkingDirectory=~`),
  ],
  ["a credential is missing", "unit", "243/CREDENTIALS", RESTART, unit(`${FAILED}\nExecMainStatus=243`)],
  [
    "a folder of ReadWritePaths= is missing",
    "unit",
    "/srv/a does not exist, and the service cannot start without it (ReadWritePaths= of its unit)",
    "install -d -o novacula -g novacula -m 0700 /srv/a && ",
    places({ missing: [{ path: "/srv/a", setting: "ReadWritePaths=" }] }),
  ],
  [
    "the source of a credential is missing",
    "unit",
    "/srv/key, from which systemd loads the credential novacula.key (LoadCredential= of its unit), does not exist",
    "systemctl daemon-reload && ",
    places({ missingSources: [{ path: "/srv/key", credential: "novacula.key" }] }),
  ],
  [
    "a file of EnvironmentFile= is missing",
    "unit",
    "/etc/default/x, an EnvironmentFile= of its unit (/etc/systemd/x.conf line 2), does not exist",
    "touch /etc/default/x && ",
    places({
      unread: [
        {
          path: "/etc/default/x",
          source: "/etc/systemd/x.conf line 2",
          problem: "does not exist",
          isMissing: true,
        },
      ],
    }),
  ],
  [
    "data_dir is missing",
    "unit",
    "/srv/data (agent.data_dir, /etc/novacula/agent.toml line 2) does not exist",
    "install -d -o novacula -g novacula -m 0700 /srv/data",
    dataDir("missing"),
  ],
  [
    "data_dir is a file",
    "unit",
    "/srv/data (agent.data_dir, /etc/novacula/agent.toml line 2) is a file, not a folder",
    "mv -bT /srv/data /srv/data.old && install -d -o novacula -g novacula -m 0700 /srv/data && novacula-agent restart",
    dataDir("file"),
  ],
  [
    "a file is where systemd makes a folder",
    "unit",
    "/run/novacula is a file, in the place of the folder of RuntimeDirectory= in its unit",
    "mv -bT /run/novacula /run/novacula.old && novacula-agent restart",
    places({
      blocked: [
        { path: "/run/novacula", found: "a file", wanted: "the folder of RuntimeDirectory= in its unit" },
      ],
    }),
  ],
  [
    "a link to a disk that is not mounted is where systemd makes a folder",
    "unit",
    "/var/lib/novacula is a link that leads nowhere, in the place of the folder of StateDirectory=",
    "Mount the disk that it leads to, or make that folder, then start the service: novacula-agent restart",
    places({
      blocked: [
        {
          path: "/var/lib/novacula",
          found: "a link that leads nowhere",
          wanted: "the folder of StateDirectory= in its unit",
        },
      ],
    }),
  ],
  [
    "a folder is where the socket belongs",
    "unit",
    "/run/novacula/agent.sock is a folder, in the place of the agent's socket",
    "mv -bT /run/novacula/agent.sock /run/novacula/agent.sock.old && novacula-agent restart",
    places({
      blocked: [{ path: "/run/novacula/agent.sock", found: "a folder", wanted: "the agent's socket" }],
    }),
  ],
  [
    "the data folder is mounted read-only",
    "unit",
    "/srv/data (agent.data_dir, /etc/novacula/agent.toml line 2) is read-only, because /srv is mounted so (/etc/fstab line 4)",
    "mount -o remount,bind,rw /srv && ",
    dataDir({ point: "/srv", fstabLine: 4, isOverItself: false, isWhole: false }),
  ],
  [
    "the data folder is a folder of the system",
    "unit",
    "/srv (agent.data_dir, agent.toml line 2) is a folder of the system",
    "install -d -o novacula -g novacula -m 0700 /srv/novacula && ",
    places({ dataDir: { path: "/srv", source: "agent.toml line 2", state: "not-owned" } }),
  ],
  [
    "the data folder is somebody's home",
    "unit",
    "/home/ann (agent.data_dir, agent.toml line 2) is not for one program alone",
    "install -d -o novacula -g novacula -m 0700 /var/lib/novacula && ",
    places({ dataDir: { path: "/home/ann", source: "agent.toml line 2", state: "not-owned" } }),
  ],
  [
    "data_dir is another user's",
    "unit",
    "cannot be written",
    "chown -R novacula:novacula /srv/data",
    dataDir("not-owned"),
  ],
  [
    "data_dir is read-only for the service",
    "unit",
    "read-only",
    "ReadWritePaths=/srv/data",
    dataDir("read-only"),
  ],
  [
    "data_dir is hidden",
    "unit",
    "ProtectHome=yes of its unit hides",
    "Remove agent.data_dir",
    dataDir({ folder: "/home", setting: "ProtectHome=yes" }),
  ],
];

const EXECUTOR: readonly Row[] = [
  ["connecting", "executor", "not online yet", "run doctor again", state("connecting")],
  ["unreachable", "executor", "So it is", "novacula-agent retry", state("unreachable")],
  ["reachable for doctor alone", "executor", "So it is", "Doctor reached it now", state("unreachable", true)],
  ["its key is refused", "executor", "So it is", "Fix the failure above", state("key-refused")],
  ["it is forbidden", "executor", "So it is", "novacula-agent retry", state("forbidden", true)],
  [
    "its key is unusable",
    "executor",
    "waits until the file is fixed",
    "Fix the failure above",
    state("key-unusable", false, "unusable"),
  ],
  [
    "its configuration is invalid",
    "executor",
    "waits until the file is fixed",
    "Fix the failure above",
    state("config-invalid", false, "unusable"),
  ],
  [
    "it has not read the fixed file",
    "executor",
    "So it is",
    "novacula-agent reload --wait",
    state("config-invalid", true),
  ],
  ["no agent, and no service", "executor", "No agent runs", "novacula-agent run", silent(undefined)],
  ["the service runs nothing", "executor", "No agent runs", "systemctl start novacula-agent", silent(0)],
  [
    "its socket was removed",
    "executor",
    "the service runs (PID 42), but does not answer",
    "novacula-agent restart",
    silent(42),
  ],
  [
    "another agent has its place",
    "executor",
    "PID 42, which is not the service's",
    "kill 42",
    executor({ mainPid: 41 }),
  ],
  [
    "it runs with another file",
    "executor",
    "uses /etc/novacula/agent.toml, not /srv/o.toml",
    "novacula-agent restart",
    executor({ configPath: "/srv/o.toml" }),
  ],
  [
    "another host is the same executor",
    "executor",
    "another process syncs as this executor: PID 9 on host web-2 (10.0.0.2), last seen at 2026-11-28 12:00:00 UTC",
    "agent.name and a key of its own",
    executor({ reply: { kind: "answered", status: { ...ONLINE, duplicates: [CLONE] } } }),
  ],
  [
    "two agents, one by hand",
    "executor",
    "another agent runs on this host: PID 77",
    "kill 77",
    executor({ others: [BY_HAND] }),
  ],
  [
    "two agents, two units",
    "executor",
    "of x.service",
    "systemctl stop x.service",
    executor({ others: [{ ...BY_HAND, service: { name: "x.service", fileState: "disabled" } }] }),
  ],
  [
    "two agents, two units, of which the other starts at boot",
    "executor",
    "of x.service",
    "systemctl disable --now x.service",
    executor({ others: [{ ...BY_HAND, service: { name: "x.service", fileState: "enabled" } }] }),
  ],
  [
    "another service has its place",
    "executor",
    "PID 42, which is not the service's",
    "systemctl disable --now x.service",
    executor({ mainPid: 41, answering: { name: "x.service", fileState: "enabled" } }),
  ],
];

const SITE = "/etc/systemd/system/novacula-agent.service.d/site.conf";
const changed = (line: string) => assignmentsOf(`[Service]\n${line}`, SITE);
const alone = (line: string) => () => [
  ...checkChanges({
    changed: changed(line),
    facts: serviceFacts(),
    isServiceAlone: true,
    uptimeSecs: 5000,
  }),
  ...state("unreachable", true)(),
];

const CHANGES: readonly Row[] = [
  ...["PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any"].map(
    (line): Row => [
      `its unit has ${line}`,
      "unit",
      `${line} (${SITE} line 2) keeps it from there`,
      "systemctl daemon-reload && ",
      alone(line),
    ],
  ),
  [
    "it crashes because of a limit in a drop-in",
    "unit",
    `LimitNOFILE=18 (${SITE} line 2)`,
    "If a changed setting is the cause, take it out",
    () => checkUnit(serviceFacts("ActiveState=failed\nResult=signal"), changed("LimitNOFILE=18")),
  ],
];

const NODES: readonly Row[] = (
  [
    ["bad_spec", "Change the node on the control plane"],
    ["binary_missing", "Install the client"],
    ["port_taken", "ss -lptun"],
    ["disk_low", "du -xh -d 3 / | sort -h | tail"],
    ["crash_loop", "novacula-agent nodes logs btc-1 node"],
    ["out_of_memory", "more memory"],
    ["unresponsive", "novacula-agent nodes logs btc-1 node"],
    ["hand_unavailable", "systemctl restart novacula-nodes.socket"],
    ["deletion_held_back", "A deletion cannot be taken back; to save the data, run: "],
  ] as const
).map(
  ([problem, remedy]): Row => [
    problem,
    "nodes",
    `node btc-1 (node): It is so [${problem}]`,
    remedy,
    node(problem),
  ],
);

const lasting = (event: EventName, message: string) => () =>
  checkConditions([conditionOf({ event, message })]);

/** What a running agent says of itself for as long as it lasts. */
const CONDITIONS: readonly Row[] = [
  [
    "a limit forbids to write the state",
    "unit",
    "may not write so large a file (EFBIG)",
    "Remove that limit, then restart the service: sudo systemctl edit novacula-agent",
    lasting(
      "state.unwritable",
      "state.json in /var/lib/novacula cannot be written: this process may not write so large a file (EFBIG): LimitFSIZE= of its unit, or ulimit -f. The agent works. Fix: remove that limit, then restart the service: sudo systemctl edit novacula-agent",
    ),
  ],
  [
    "the disk of data_dir is full",
    "unit",
    "the file system /var is full",
    "Free some of it",
    lasting("state.unwritable", "the file system /var is full. The agent works. Fix: free some of it"),
  ],
  [
    "data_dir is on a read-only file system, and nodes.json is old",
    "nodes",
    "nodes.json cannot be written",
    "Mount it writable",
    lasting("nodes.unwritable", "nodes.json cannot be written. The nodes go on. Fix: mount it writable"),
  ],
  [
    "nodes.json is damaged",
    "nodes",
    "nodes.json is damaged",
    "Check the disk",
    lasting("nodes.memory-damaged", "nodes.json is damaged. The agent uses the file before it."),
  ],
  [
    "the part that keeps nodes has a bug",
    "nodes",
    "A bug in the part that keeps nodes: x",
    "Report the line",
    lasting("nodes.bug", "A bug in the part that keeps nodes: x. The executor stays online."),
  ],
  [
    "this version is out of support",
    "answer",
    "no longer supports version 1",
    "Upgrade to the version",
    lasting("agent.out-of-support", "The control plane no longer supports version 1. Upgrade it."),
  ],
  [
    "a node runs that the control plane does not list",
    "nodes",
    "node btc-1: The control plane's list does not have it",
    "novacula-agent nodes forget btc-1",
    nodes({ nodes: [{ ...nodeStatus(null), isUnlisted: true }] }),
  ],
];

/** Every fault that doctor knows. */
export const FAULT_TABLE: readonly FaultRow[] = [
  ...FILES,
  ...CONNECTION,
  ...UNIT,
  ...EXECUTOR,
  ...CHANGES,
  ...NODES,
  ...CONDITIONS,
].map(([fault, stage, says, remedy, checks]) => ({ fault, stage, says, remedy, checks }));
