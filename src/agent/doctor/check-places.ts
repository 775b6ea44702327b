import { join } from "node:path";
import { isNeverGiven, isSystemFolder } from "../../lib/files/folder-entry.ts";
import type { HiddenFolder } from "../../lib/files/hidden-folders.ts";
import { type ReadOnlyMount, wayBack } from "../../lib/files/mounts/read-only-mount.ts";
import { printable } from "../../lib/printable.ts";
import { capitalized } from "../../lib/sentence.ts";
import { asRoot, shellWord } from "../../lib/shell-word.ts";
import { moveAway } from "../../lib/text/file-command.ts";
import { type Remedy, step } from "../../lib/text/remedy.ts";
import { broughtOut, type HiddenFile, hiddenDetail } from "../config/file/hidden-file.ts";
import type { Check } from "./examination.ts";

/** Files and folders of the agent, as its service finds them. */
export interface PlaceFacts {
  /** The user and the group of the service: `novacula:novacula`. */
  readonly owner: { readonly user: string; readonly group: string };
  /** Files that exist, and that the sandbox hides. */
  readonly hidden: readonly HiddenFile[];
  /** Paths of the unit that are missing, and the setting that needs each. */
  readonly missing: readonly { readonly path: string; readonly setting: string }[];
  /** Sources of the service's credentials that are missing, with the names of the credentials. */
  readonly missingSources: readonly { readonly path: string; readonly credential: string }[];
  /** Files of `EnvironmentFile=` that could not be read. */
  readonly unread: readonly {
    readonly path: string;
    /** Where the unit names it; undefined if that is not known. */
    readonly source: string | undefined;
    readonly problem: string;
    readonly isMissing: boolean;
  }[];
  readonly dataDir: {
    readonly path: string;
    /** Where the path comes from: `agent.toml line 3`; undefined: it is the default. */
    readonly source: string | undefined;
    readonly state: "usable" | "missing" | "file" | "read-only" | "not-owned" | HiddenFolder | ReadOnlyMount;
  };
  /** What stands where something else has to be: `a file`, where the unit wants `a folder`. */
  readonly blocked: readonly {
    readonly path: string;
    readonly found: "a file" | "a folder" | "a link that leads nowhere";
    readonly wanted: string;
  }[];
}

/** Whether the service sees and has what it needs of the file system. */
export function checkPlaces(facts: PlaceFacts): readonly Check[] {
  return [
    ...facts.hidden.map(
      (file): Check => ({
        stage: "file",
        status: "bad",
        detail: hiddenDetail(file),
        remedy: broughtOut(file),
      }),
    ),
    ...missing(facts),
    ...facts.missingSources.map(({ path, credential }) =>
      bad(
        `${printable(path, 4096)}, from which systemd loads the credential ${printable(credential, 100)} (LoadCredential= of its unit), does not exist, so the service cannot start`,
        [
          step(
            "Put the file there, or take that line out of the unit. To see where it is, run:",
            asRoot("systemctl cat novacula-agent"),
          ),
          step("Then run:", asRoot("systemctl daemon-reload"), restart()),
        ],
      ),
    ),
    ...facts.unread.map(unread),
    ...facts.blocked.map(({ path, found, wanted }) =>
      bad(
        `${printable(path, 4096)} is ${found}, in the place of ${wanted}`,
        found === "a link that leads nowhere" ? targetMissing() : movedAway(path),
      ),
    ),
    ...dataDir(facts),
  ];
}

/** Those that nobody can make are named together: one file of the unit often has them all. */
function missing({ missing: all, owner }: PlaceFacts): readonly Check[] {
  const made = all.filter(({ path, setting }) => isOwnFolder(path, setting));
  const others = all.filter((one) => !made.includes(one));
  const named = ({ path, setting }: (typeof all)[number]) =>
    `${printable(path, 4096)} does not exist, and the service cannot start without it (${setting} of its unit)`;
  return [
    ...made.map((one) => bad(named(one), makeFolder(one.path, owner))),
    ...(others.length === 0 ? [] : [bad(others.map(named).join(". "), correctLine())]),
  ];
}

function unread({ path, source, problem, isMissing }: PlaceFacts["unread"][number]): Check {
  const place = source === undefined ? "" : ` (${printable(source, 400)})`;
  const detail = `${printable(path, 4096)}, an EnvironmentFile= of its unit${place}, ${problem}`;
  return isMissing
    ? bad(`${detail}, so the service cannot start`, [
        step(
          "Restore it, or make an empty one, then start the service:",
          asRoot(`touch ${shellWord(path)}`),
          restart(),
        ),
      ])
    : { stage: "unit", status: "unknown", detail, remedy: "Run doctor with sudo." };
}

function dataDir({ dataDir: { path, source, state }, owner }: PlaceFacts): readonly Check[] {
  const origin = source === undefined ? "agent.data_dir" : `agent.data_dir, ${source}`;
  const folder = `${printable(path, 4096)} (${origin})`;
  const who = `${owner.user}:${owner.group}`;
  switch (state) {
    case "usable":
      return [];
    case "missing":
      return [
        bad(
          `${folder} does not exist, so the agent remembers nothing and keeps no nodes`,
          makeFolder(path, owner),
        ),
      ];
    case "file":
      return [
        bad(
          `${folder} is a file, not a folder, so the agent remembers nothing and keeps no nodes`,
          movedAway(path, makeCommand(path, owner)),
        ),
      ];
    case "not-owned":
      if (isNeverGiven(path)) {
        const own = isSystemFolder(path) ? join(path, "novacula") : "/var/lib/novacula";
        const whose = isSystemFolder(path) ? "a folder of the system" : "not for one program alone";
        return [
          bad(`${folder} is ${whose}, and cannot be written by the service's user ${owner.user}`, [
            step(
              `Name a folder of its own in agent.data_dir, such as ${printable(own, 4096)}, then run:`,
              makeCommand(own, owner),
              restart(),
            ),
          ]),
        ];
      }
      return [
        bad(`${folder} cannot be written by the service's user ${owner.user}`, [
          step("Run:", asRoot(`chown -R ${shellWord(who)} ${shellWord(path)}`), restart()),
        ]),
      ];
    case "read-only":
      return [
        bad(`${folder} is read-only for the service (ProtectSystem= of its unit)`, [
          step(
            `Add ReadWritePaths=${path} below [Service], or remove agent.data_dir. Then restart:`,
            asRoot("systemctl edit novacula-agent"),
            restart(),
          ),
        ]),
      ];
    default:
      return ["point" in state ? readOnlyPlace(folder, state) : hiddenPlace(folder, state)];
  }
}

function hiddenPlace(folder: string, { folder: hidden, setting }: HiddenFolder): Check {
  return bad(
    `${folder} is in ${printable(hidden, 400)}, which ${setting} of its unit hides from the service`,
    [step("Remove agent.data_dir: /var/lib/novacula is the usual place. Then run:", restart())],
  );
}

function readOnlyPlace(folder: string, mount: ReadOnlyMount): Check {
  const { say, commands } = wayBack(mount, "novacula-agent", asRoot);
  const line = mount.fstabLine === 0 ? "" : ` (/etc/fstab line ${mount.fstabLine})`;
  return bad(
    `${folder} is read-only, because ${printable(mount.point, 4096)} is mounted so${line}; the agent remembers nothing, and keeps no nodes`,
    [step(`${capitalized(say)}:`, ...commands, restart())],
  );
}

/** A file, or of another program: an empty folder in its place would only hide that it is gone. */
const OTHER_PLACE = /\.[a-z][a-z\d]{1,4}$|^\/(?:run|tmp)\//iu;

/** Whether the unit wants a folder there for the service alone. The others are for it to find. */
function isOwnFolder(path: string, setting: string): boolean {
  const mayBeGiven = path.startsWith("/etc/novacula/") || !isNeverGiven(path);
  return setting === "ReadWritePaths=" && mayBeGiven && !OTHER_PLACE.test(path);
}

function correctLine(): Remedy {
  return [
    step(
      "Take that path out of the unit, or bring back what it names. To see the line, run:",
      asRoot("systemctl cat novacula-agent"),
    ),
    step("Then run:", asRoot("systemctl daemon-reload"), restart()),
  ];
}

function makeFolder(path: string, owner: PlaceFacts["owner"]): Remedy {
  return [step("Make it, then start the service:", makeCommand(path, owner), restart())];
}

function restart(): string {
  return asRoot("novacula-agent restart");
}

function makeCommand(path: string, { user, group }: PlaceFacts["owner"]): string {
  return asRoot(`install -d -o ${shellWord(user)} -g ${shellWord(group)} -m 0700 ${shellWord(path)}`);
}

/** Behind the link may be a disk that is not mounted, with all that the agent knows. */
function targetMissing(): Remedy {
  return [step("Mount the disk that it leads to, or make that folder, then start the service:", restart())];
}

/** Nothing is deleted: nobody knows what it is. */
function movedAway(path: string, ...then: readonly string[]): Remedy {
  const move = asRoot(moveAway(path));
  return [step("Move it away, then start the service:", move, ...then, restart())];
}

function bad(detail: string, remedy: Remedy): Check {
  return { stage: "unit", status: "bad", detail, remedy };
}
