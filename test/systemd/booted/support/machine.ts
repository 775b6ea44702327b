import { type ChildProcess, type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { keepText } from "../../../support/canary.ts";
import { eventually } from "../../../support/eventually.ts";

const SUPERVISOR = fileURLToPath(new URL("machine.sh", import.meta.url));
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const COMMAND_TIMEOUT_MS = 180_000;

export interface MachineOptions {
  /** Read-only folders that make up the root, topmost first. */
  readonly layers: readonly string[];
  /** Files to write before the first boot: path in the container → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** More options of systemd-nspawn(1). */
  readonly options?: readonly string[];
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A container with a booted systemd of its own: a private network with nothing but loopback, a file
 * system that is thrown away. It ends when the test runner does, at the latest.
 */
export class Machine {
  readonly #supervisor: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** A folder on this machine, which is removed with the container. */
  readonly folder: string;
  #nspawnPid = 0;
  #leaderPid = 0;
  #boots = 0;

  private constructor(folder: string, { layers, options = [] }: MachineOptions) {
    this.folder = folder;
    const name = folder.slice(folder.lastIndexOf("/") + 1);
    this.#supervisor = spawn(
      "unshare",
      ["--mount", "--propagation", "private", "sh", SUPERVISOR, name, folder, layers.join(":"), ...options],
      { stdio: ["pipe", "pipe", "inherit"], env: { PATH } },
    );
    this.#ended = once(this.#supervisor, "exit");
    if (this.#supervisor.stdout === null) {
      throw new Error("no stdout of the supervisor");
    }
    createInterface({ input: this.#supervisor.stdout }).on("line", (line) => {
      this.#nspawnPid = Number(line.replace("booting ", ""));
      this.#boots += 1;
    });
  }

  /**
   * Resolves when systemd reports the boot as done. The caller stops it; hosts.ts does so at the
   * end of a test.
   */
  static async start(options: MachineOptions): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), "novacula-machine-"));
    for (const [path, text] of Object.entries(options.files ?? {})) {
      const file = join(folder, "upper", path);
      mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
      writeFileSync(file, text, { mode: 0o644 });
    }
    const machine = new Machine(folder, options);
    try {
      await machine.#isUp(1);
    } catch (error) {
      await machine.stop();
      throw error;
    }
    return machine;
  }

  /**
   * Runs a command as root in the container, outside its units. Does not reject if the command
   * fails.
   */
  async try(command: readonly string[], input = ""): Promise<CommandResult> {
    return await new Promise((resolve) => {
      const child = execFile(
        "nsenter",
        ["--all", `--target=${this.#leaderPid}`, "env", "-i", `PATH=${PATH}`, "HOME=/root", ...command],
        { timeout: COMMAND_TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
          resolve({ exitCode, stdout, stderr });
        },
      );
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    });
  }

  /** The same for a command that must succeed; resolves with its stdout, trimmed. */
  async run(command: readonly string[], input = ""): Promise<string> {
    const { exitCode, stdout, stderr } = await this.try(command, input);
    if (exitCode !== 0) {
      throw new Error(`${command.join(" ")} ended with ${exitCode}: ${stderr}${stdout}`);
    }
    return stdout.trim();
  }

  /** The same for a shell script. */
  async sh(script: string, input = ""): Promise<string> {
    return await this.run(["sh", "-euc", script], input);
  }

  /**
   * Starts a program of this machine in the container's network. The caller ends it, at the latest
   * by the end of its stdin.
   */
  spawnInNetwork(command: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn("nsenter", ["--net", `--target=${this.#leaderPid}`, ...command], { env: { PATH } });
  }

  /** The path on this machine of a file in the running container. */
  path(path: string): string {
    return join(`/proc/${this.#leaderPid}/root`, path);
  }

  /** The output of the console, for the message of a failure. */
  console(): string {
    return readFileSync(join(this.folder, "console"), "utf8");
  }

  /** Reboots, and resolves when it is up again. Files stay; /run does not. */
  async reboot(): Promise<void> {
    const next = this.#boots + 1;
    await this.try(["systemctl", "--no-block", "reboot"]);
    await this.#isUp(next);
  }

  /** Ends it like a power cut and removes everything. Gives what was logged to the canary first. */
  async stop(): Promise<void> {
    if (this.#leaderPid > 0) {
      const { stdout } = await this.try(["journalctl", "--all", "--no-pager", "-o", "cat"]);
      keepText("journal", stdout);
    }
    this.#supervisor.stdin?.end();
    await this.#ended;
  }

  async #isUp(boot: number): Promise<void> {
    await eventually(
      async () => {
        if (this.#supervisor.exitCode !== null) {
          throw new Error("the container ended");
        }
        if (this.#boots < boot) {
          return undefined;
        }
        const children = readFileSync(`/proc/${this.#nspawnPid}/task/${this.#nspawnPid}/children`, "utf8");
        this.#leaderPid = Number(children.trim());
        if (this.#leaderPid === 0) {
          return undefined;
        }
        const { stdout } = await this.try(["systemctl", "is-system-running"]);
        return ["running", "degraded"].includes(stdout.trim());
      },
      { timeoutMs: 30_000, describe: "the container boots" },
    );
  }
}
