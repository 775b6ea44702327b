import { inPlace, withSudo } from "../shell-word.ts";

/** How a host or a pod allows more open files: for `inPlace()`. */
export const MORE_DESCRIPTORS = {
  host: "raise LimitNOFILE= in the unit (sudo systemctl edit novacula-control-plane; without it, DefaultLimitNOFILE= in /etc/systemd/system.conf and system.conf.d counts), or ulimit -n where it is started by hand",
  pod: "raise the limit of open files that the container runtime sets",
};

/** Counts the open files of each process. */
const MOST_OPEN =
  'for p in /proc/[0-9]*; do echo "$(ls $p/fd | wc -l) PID $(basename $p) $(cat $p/comm)"; done 2>/dev/null | sort -n | tail -5';

/** Why no file can be opened, as the end of a sentence, and what to do. */
export interface TooManyFiles {
  readonly problem: string;
  /** A clause, and the command behind it if there is one. */
  readonly fix: string;
  readonly command: string | undefined;
}

/** Undefined: the code is another failure. */
export function tooManyFiles(code: string): TooManyFiles | undefined {
  switch (code) {
    case "EMFILE":
      return {
        problem: `this process may open only ${openFilesLimit() ?? "so many"} files at once (EMFILE): LimitNOFILE= of its unit, DefaultLimitNOFILE= of systemd, or ulimit -n`,
        ...inPlace({
          host: {
            fix: "raise that limit, then restart the service. To see which file sets it, run",
            command: withSudo("grep -rns LimitNOFILE= /etc/systemd /run/systemd"),
          },
          pod: { fix: MORE_DESCRIPTORS.pod, command: undefined },
        }),
      };
    case "ENFILE":
      return {
        problem: "this host can open no more files, of all its programs (ENFILE, fs.file-max)",
        ...inPlace({
          host: {
            fix: "end the program that has so many open, or raise fs.file-max. To see which have most, run",
            command: withSudo(`sh -c '${MOST_OPEN}'`),
          },
          pod: {
            fix: "end the program on the Kubernetes node that has so many open, or raise fs.file-max there",
            command: undefined,
          },
        }),
      };
    default:
      return undefined;
  }
}

/** Asked of the kernel: at the limit, no file of /proc can be opened. */
function openFilesLimit(): number | undefined {
  const { report } = process;
  // Otherwise it looks up the names of all peers. The types do not know it yet.
  Reflect.set(report, "excludeNetwork", true);
  const [, limits] = Object.entries(report.getReport()).find(([name]) => name === "userLimits") ?? [];
  return softLimitIn(limits);
}

function softLimitIn(limits: unknown): number | undefined {
  const files: unknown =
    typeof limits === "object" && limits !== null && "open_files" in limits ? limits.open_files : undefined;
  const soft: unknown =
    typeof files === "object" && files !== null && "soft" in files ? files.soft : undefined;
  return Number.isFinite(Number(soft)) && soft !== undefined ? Number(soft) : undefined;
}
