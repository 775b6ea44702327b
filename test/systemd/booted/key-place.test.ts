import { describe, expect, it } from "vitest";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { CONFIG, ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const FOLDER = "/var/lib/novacula/keys";

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("set-key as root on $title", (release) => {
  it("writes in the service's folder as the service's user, and through no link there", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const { machine } = host;
    await machine.sh(
      `
      install -d -o novacula -g novacula -m 0700 ${FOLDER}
      umask 077; cat > ${FOLDER}/key; chown novacula: ${FOLDER}/key
      sed -i 's|^access_token = .*|access_token_file = "${FOLDER}/key"|' ${CONFIG}`,
      `${key.secret}\n`,
    );
    await host.untilOnline(key);
    const second = await host.createKey("second");
    await machine.run(["novacula-agent", "set-key"], second.secret);
    await host.untilOnline(second);
    expect(await machine.run(["stat", "-c", "%U:%G %a", `${FOLDER}/key`])).toBe("novacula:novacula 600");

    const third = await host.createKey("third");
    await machine.sh(`
      echo mine > /etc/victim
      ln -sf /etc/victim ${FOLDER}/key; chown -h novacula: ${FOLDER}/key`);
    const refused = await machine.try(["novacula-agent", "set-key"], third.secret);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`is a symbolic link in ${FOLDER} (owner`);
    expect(await machine.run(["stat", "-c", "%U", "/etc/victim"])).toBe("root");
    expect(await machine.run(["cat", "/etc/victim"])).toBe("mine");
  });
});
