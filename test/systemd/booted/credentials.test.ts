import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "../../../packaging/paths.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost, type IssuedKey } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const DROP_IN = "/etc/systemd/system/novacula-agent.service.d";
const DOCUMENT = readFileSync(inCheckout("docs/systemd-credential.md"), "utf8");
const SETTINGS = block("toml").replace(
  "[control_plane]\n",
  '[control_plane]\nurl = "http://127.0.0.1:3000"\n',
);
const PLAIN = "[Service]\nLoadCredential=novacula-key:/etc/novacula/key\n";
const ENCRYPTED = "LoadCredentialEncrypted=novacula-key:/etc/novacula/key.cred";

function block(language: string): string {
  const text = DOCUMENT.split(`\`\`\`${language}\n`)[1]?.split("```")[0];
  if (text === undefined) {
    throw new Error(`docs/systemd-credential.md has no ${language}`);
  }
  return text;
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("a key from systemd on $title", (release) => {
  async function withCredential(host: ExecutorHost, line: string): Promise<void> {
    const dropIn = block("ini");
    expect(dropIn).toContain(ENCRYPTED);
    await host.writeConfig(SETTINGS);
    await host.machine.sh(
      `mkdir -p ${DROP_IN}; cat > ${DROP_IN}/key.conf
       systemctl daemon-reload; systemctl restart novacula-agent`,
      dropIn.replace(ENCRYPTED, line),
    );
  }

  it("LoadCredential=: online; a rotation needs a restart, and the service says nothing of file modes", async () => {
    const host = await ExecutorHost.boot(release);
    const first = await host.createKey("first");
    await host.machine.sh("umask 077; cat > /etc/novacula/key", `${first.secret}\n`);
    await withCredential(host, "LoadCredential=novacula-key:/etc/novacula/key");
    await host.untilOnline(first);
    expect((await host.journal("-p", "warning")).filter((line) => line.includes("readable"))).toEqual([]);

    const second = await host.createKey("second");
    await host.machine.sh("umask 077; cat > /etc/novacula/key", `${second.secret}\n`);
    await host.machine.run(["systemctl", "reload", "novacula-agent"]);
    expect((await host.status()).key?.fingerprint).toBe(first.fingerprint);
    await host.machine.run(["systemctl", "restart", "novacula-agent"]);
    await host.untilOnline(second);
  });

  it("set-key writes the source of LoadCredential=, and everything says that a restart has to follow", async () => {
    const host = await ExecutorHost.boot(release);
    const { machine } = host;
    const setKey = async (key: IssuedKey, ...words: readonly string[]) =>
      await machine.try(["novacula-agent", "set-key", ...words], `${key.secret}\n`);
    const first = await host.createKey("first");
    await host.writeConfig(SETTINGS);
    const early = await setKey(first);
    expect(early.exitCode).toBe(1);
    expect(early.stderr).toContain("the unit has no credential of that name, so set-key cannot write it");

    await machine.sh(`mkdir -p ${DROP_IN}; cat > ${DROP_IN}/key.conf; systemctl daemon-reload`, PLAIN);
    await setKey(first);
    expect(await machine.run(["stat", "-c", "%U %a", "/etc/novacula/key"])).toBe("root 600");
    await machine.run(["systemctl", "restart", "novacula-agent"]);
    await host.untilOnline(first);
    expect((await machine.try(["novacula-agent", "doctor"])).exitCode).toBe(0);

    const second = await host.createKey("second");
    const written = await setKey(second);
    expect(written.exitCode).toBe(2);
    expect(written.stderr).toMatch(/until it is restarted: .*\nFix: novacula-agent restart\n$/u);
    const drift = `/etc/novacula/key (systemd credential novacula-key) contains key ${second.fingerprint}, but the service was started with key ${first.fingerprint}`;
    for (const command of [["status"], ["reload"], ["reload", "--wait"], ["doctor"]]) {
      const { stdout, stderr } = await machine.try(["novacula-agent", ...command]);
      expect(`${stdout}${stderr}`, command.join(" ")).toContain(drift);
    }

    const third = await host.createKey("third");
    const restarted = await setKey(third, "--restart");
    expect(restarted).toMatchObject({ exitCode: 0 });
    expect(restarted.stdout).toContain(`is online with key ${third.fingerprint}`);
    const doctor = await machine.try(["novacula-agent", "doctor"]);
    expect(doctor.exitCode).toBe(0);
    expect(doctor.stdout).not.toMatch(/^(?:warning|bad|unknown)/mu);
    expect((await machine.try(["novacula-agent", "status"])).stderr).toBe("");
  });

  it("a source that is missing, or holds no key: every remedy writes it and restarts", async () => {
    const host = await ExecutorHost.boot(release);
    const { machine } = host;
    await host.writeConfig(SETTINGS);
    await machine.sh(
      `mkdir -p ${DROP_IN}; cat > ${DROP_IN}/key.conf; systemctl daemon-reload
       timeout 20 systemctl restart novacula-agent || true`,
      PLAIN,
    );
    const missing = await machine.try(["novacula-agent", "doctor"]);
    expect(missing.exitCode).toBe(1);
    expect(missing.stdout).toMatch(
      /Cause \(key\): the key in \/etc\/novacula\/key \(systemd credential novacula-key\) is not available: \/etc\/novacula\/key does not exist\.\nFix: .*\n {2}novacula-agent set-key --restart\n/u,
    );
    expect(missing.stdout).not.toContain("LoadCredential=novacula-key:/its/path");
    expect((await machine.try(["novacula-agent", "check"])).stdout).toContain(
      "so the service cannot start. To write a key there, run: novacula-agent set-key --restart",
    );

    await machine.sh("umask 077; echo nonsense > /etc/novacula/key; novacula-agent restart || true");
    await host.untilStatusText(/does not start with exc_.* so a restart has to follow; .*set-key/u);
    for (const command of [["status"], ["doctor"], ["check"]]) {
      const { exitCode, stdout } = await machine.try(["novacula-agent", ...command]);
      expect(exitCode, command.join(" ")).toBe(1);
      expect(stdout, command.join(" ")).toMatch(
        /does not start with exc_[\s\S]* so a restart has to follow; [\s\S]*novacula-agent set-key\n/u,
      );
    }
    const key = await host.createKey("first");
    const written = await machine.try(["novacula-agent", "set-key", "--restart"], `${key.secret}\n`);
    expect(written).toMatchObject({ exitCode: 0 });
    await host.untilOnline(key);

    await machine.sh("rm /etc/novacula/key; timeout 20 systemctl restart novacula-agent || true");
    const again = await machine.try(["novacula-agent", "set-key", "--restart"], `${key.secret}\n`);
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    await host.untilOnline(key);
  });

  it("set-key refuses every other source before it asks for the key, and says what to do", async () => {
    const host = await ExecutorHost.boot(release);
    const { machine } = host;
    const key = await host.createKey("first");
    await machine.sh(
      `umask 077; cat > /etc/novacula/key; cp /etc/novacula/key /tmp/key
       install -d /etc/novacula/keys; cp /etc/novacula/key /etc/novacula/keys/main
       ln -s /tmp/key /etc/novacula/link; mkfifo /etc/novacula/pipe
       systemd-creds encrypt --with-key=host --name=novacula-key /etc/novacula/key /etc/novacula/key.cred`,
      `${key.secret}\n`,
    );
    await host.writeConfig(SETTINGS);
    const inline = `SetCredential=novacula-key:${key.secret}`;
    for (const [setting, says] of [
      [
        ENCRYPTED,
        /encrypted in \S+key\.cred,.*\n.*\n {4}systemd-ask-password -n \| systemd-creds encrypt --name=novacula-key - \/etc\/novacula\/key\.cred\n/u,
      ],
      [inline, /written in the unit itself \(SetCredential=, which every user of this host can read\)/u],
      ["LoadCredential=novacula-key:/etc/novacula/keys", /is not a regular file/u],
      ["LoadCredential=novacula-key:/etc/novacula/pipe", /is not a regular file/u],
      [
        "LoadCredential=novacula-key:/run/systemd/notify",
        /a program that listens at \/run\/systemd\/notify/u,
      ],
      [
        "LoadCredential=novacula-key:/tmp/key",
        /others than root can write to \/tmp \(owner root, group root, mode 1777\)/u,
      ],
      ["LoadCredential=novacula-key:/etc/novacula/link", /others than root can write to \/tmp/u],
      ["LoadCredential=novacula-key:nowhere", /no credential store of this host has it/u],
      ["LoadCredential=novacula:/etc/novacula/keys", /has no credential of that name/u],
    ] as const) {
      await machine.sh(
        `mkdir -p ${DROP_IN}; cat > ${DROP_IN}/key.conf; systemctl daemon-reload`,
        `[Service]\n${setting}\n`,
      );
      // Nothing of what is typed may be read: an unusable key would be named.
      const { exitCode, stderr } = await machine.try(["novacula-agent", "set-key"], "nonsense\n");
      expect({ exitCode, stderr }, setting).toEqual({ exitCode: 1, stderr: expect.stringMatching(says) });
      expect(stderr).toContain("Nothing was asked or written");
      expect(stderr).not.toContain(key.secret);
    }
    expect(await machine.run(["cat", "/etc/novacula/key"])).toBe(key.secret);
  });

  it("LoadCredentialEncrypted=: online with a key that is encrypted on disk", async () => {
    const host = await ExecutorHost.boot(release);
    const key = await host.createKey("first");
    await host.machine.sh(
      "systemd-creds encrypt --with-key=host --name=novacula-key - /etc/novacula/key.cred",
      `${key.secret}\n`,
    );
    await withCredential(host, ENCRYPTED);
    await host.untilOnline(key);

    const next = await host.createKey("next");
    await host.machine.sh(
      "systemd-creds encrypt --with-key=host --name=novacula-key - /etc/novacula/key.cred",
      `${next.secret}\n`,
    );
    const { stderr } = await host.machine.try(["novacula-agent", "status"]);
    expect(stderr).toContain("/etc/novacula/key.cred was changed after the service started.");
    await host.machine.run(["novacula-agent", "restart"]);
    await host.untilOnline(next);
    expect((await host.machine.try(["novacula-agent", "status"])).stderr).toBe("");
  });
});
