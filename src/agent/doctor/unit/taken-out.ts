import { basename } from "node:path";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { commentOut, moveAway } from "../../../lib/text/file-command.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";
import { isCommand, valuesBack } from "../../systemd/unit/setting-kind.ts";

/** For more files, a person has to look what they are. */
const MOST_FILES = 4;
const ETC = "/etc/systemd/system";

/**
 * How settings are taken out of the unit `unit` (without `.service`), then `then` is run. With the
 * commands that do it, if drop-ins have them: `say` ends with `, take it out`.
 */
export function takingOut(
  say: string,
  settings: readonly Assignment[],
  unit: string,
  ...then: readonly string[]
): Step {
  const ways = waysOut(settings, unit);
  return ways === undefined
    ? step(`${say}, then run:`, ...then)
    : step(`${say}: ${howText(ways)}:`, ...ways.flatMap(({ run }) => run), ...then);
}

interface WayOut {
  readonly kind: "moved" | "hidden" | "commented" | "overridden";
  readonly run: readonly string[];
}

/** Undefined: it has to be done by hand, because others need a file or nobody knows all of it. */
function waysOut(settings: readonly Assignment[], unit: string): readonly WayOut[] | undefined {
  const files = [...new Set(settings.map(({ file }) => file))];
  const found = files.map((file) => wayOut(file, settings, unit));
  const ways = found.filter((way) => way !== undefined);
  const isAll = ways.length === files.length && ways.length > 0 && ways.length <= MOST_FILES;
  return isAll ? ways : undefined;
}

function wayOut(file: string, settings: readonly Assignment[], unit: string): WayOut | undefined {
  const own = settings.filter((one) => one.file === file);
  const all = own[0]?.inFile;
  if (all === undefined || own.some(({ isOfCopy = false }) => isOfCopy) || !file.endsWith(".conf")) {
    return undefined;
  }
  const lines = all.filter((line) => goesWith(line, own, all));
  const isWhole = lines.length === all.length;
  if (!isOfUnit(file, unit)) {
    // Its lines are for other services, too.
    return isWhole ? { kind: "hidden", run: hide(file, unit) } : overridden(file, settings, unit);
  }
  return isWhole
    ? { kind: "moved", run: [asRoot(moveAway(file))] }
    : { kind: "commented", run: [asRoot(commentOut(file, ...lines))] };
}

/** Of a setting, all lines go. Of commands, others stay, with a line that takes others back. */
function goesWith(line: Assignment, own: readonly Assignment[], all: readonly Assignment[]): boolean {
  const isOwn = (one: Assignment) => own.some((each) => each.line === one.line);
  const isNamed = own.some(({ name }) => name === line.name);
  const stays = ({ name, value }: Assignment) => name === line.name && value !== "";
  return isNamed && (!isCommand(line.name) || isOwn(line) || !all.some((one) => stays(one) && !isOwn(one)));
}

/** By an administrator, and for no other service. Others are brought by a package, or shared. */
export function isOfUnit(file: string, unit: string): boolean {
  const folder = file.slice(0, -basename(file).length - 1);
  return (
    /^\/(?:etc|run)\/systemd\/system(?:\.control)?\/[^/]+$/u.test(folder) &&
    folder.endsWith(`/${unit}.service.d`)
  );
}

/** A file of the same name in the unit's own folder is read in its place: systemd.unit(5). */
function hide(file: string, unit: string): readonly string[] {
  const folder = `${ETC}/${unit}.service.d`;
  return [
    asRoot(`install -d ${folder}`),
    asRoot(`ln -s /dev/null ${shellWord(`${folder}/${basename(file)}`)}`),
  ];
}

/** A name that needs no quotes in a command that has some of its own. */
const PLAIN_NAME = /^[\w@:.,+-]+\.conf$/u;
/** The same for a value. */
const PLAIN_VALUE = /^[^"$`\\%'\p{Cc}]*$/u;

/**
 * The other settings of the file stay. systemd reads the drop-ins of all folders in the order of
 * their names (systemd.unit(5)), and `NAME.undone.conf` follows `NAME.conf`: u comes after c.
 */
function overridden(file: string, settings: readonly Assignment[], unit: string): WayOut | undefined {
  const name = basename(file);
  const lines = linesBack(file, settings);
  if (!PLAIN_NAME.test(name) || lines === undefined || !lines.every((line) => PLAIN_VALUE.test(line))) {
    return undefined;
  }
  const folder = `${ETC}/${unit}.service.d`;
  const path = `${folder}/${name.replace(/\.conf$/u, ".undone.conf")}`;
  // It may be there already, for another setting of the same file: nothing of it may be lost.
  const write = `printf "${lines.join("\\n")}\\n" >> ${path}`;
  return {
    kind: "overridden",
    run: [asRoot(`install -d ${folder}`), asRoot(`sh -c ${shellWord(write)}`)],
  };
}

/** With the headers of their sections. */
function linesBack(file: string, settings: readonly Assignment[]): readonly string[] | undefined {
  const lines: string[] = [];
  const inFile = settings.filter((one) => one.file === file);
  for (const section of new Set(inFile.map((one) => one.section))) {
    lines.push(`[${section}]`);
    const own = inFile.filter((one) => one.section === section);
    for (const { name, shipped, allValues = [] } of new Map(own.map((one) => [one.name, one])).values()) {
      const out = settings.filter((one) => one.section === section && one.name === name);
      const others = allValues.filter((value) => !out.some((one) => one.value === value));
      const values = shipped && valuesBack(name, shipped, others);
      if (values === undefined) {
        return undefined;
      }
      lines.push(...values.map((value) => `${name}=${value}`));
    }
  }
  return lines;
}

const HOW = {
  moved: [
    "move away the file, which sets nothing else (to undo it, move it back)",
    "move away the files, which set nothing else (to undo it, move them back)",
  ],
  hidden: [
    "hide the file from this service alone (to undo it, remove the link)",
    "hide the files from this service alone (to undo it, remove the links)",
  ],
  overridden: [
    "override it for this service alone in a drop-in (to undo it, remove that file)",
    "override them for this service alone in drop-ins (to undo it, remove those files)",
  ],
  commented: ["make its lines comments", "make their lines comments"],
} as const;

function howText(ways: readonly WayOut[]): string {
  const kinds = [...new Set(ways.map(({ kind }) => kind))];
  const clauses = kinds.map((kind) => {
    const [one, more] = HOW[kind];
    return ways.filter((way) => way.kind === kind).length === 1 ? one : more;
  });
  return clauses.join(", and ");
}
