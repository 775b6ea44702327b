import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { bootPrepared, haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const UNIT = "bitcoin-node@evil.service";
const VICTIM = "litecoin-node@victim.service";
const HOME = "/var/lib/novacula-nodes/evil";

/** A connection to a Unix socket, with what a minimal Debian has. */
const connect = (path: string) =>
  `perl -MIO::Socket::UNIX -e 'exit(IO::Socket::UNIX->new(Peer => "${path}") ? 0 : 1)'`;
/** A TCP socket that listens on, or connects to, a port of loopback. */
const tcp = (option: string) => `perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(${option}) ? 0 : 1)'`;

/** What a client that somebody has taken over may try, in sh. `$VICTIM` is another node's PID. */
const ATTACKS: Readonly<Record<string, string>> = {
  "be root": '[ "$(id -u)" = 0 ]',
  "have a capability": "! grep -q '^CapEff:.0*$' /proc/self/status",
  "gain privileges by set-uid": "! grep -q '^NoNewPrivs:.1' /proc/self/status",
  "make a set-uid file": "cp /bin/true $HOME/s && chmod u+s $HOME/s",
  "read the key": "cat /etc/novacula/agent.toml",
  "read the password hashes": "cat /etc/shadow",
  "write to /etc": "touch /etc/evil",
  "write to /usr": "touch /usr/lib/novacula/evil",
  "read the agent's memory on disk": "cat /var/lib/novacula/state.json",
  "list the nodes of the agent": "ls /var/lib/novacula/nodes/victim",
  "read another node's arguments": "cat /var/lib/novacula/nodes/victim/node.argv",
  "change its own arguments": "echo x >>/var/lib/novacula/nodes/evil/node.argv",
  "add to its own folder of the agent": "touch /var/lib/novacula/nodes/evil/x",
  "read another node's data": "ls /var/lib/novacula-nodes/victim/",
  "read another node's data by its real path": "ls /var/lib/private/novacula-nodes/victim/",
  "read the database of the control plane": "cat /var/lib/novacula-control-plane/control-plane.db",
  "ask systemd on the bus": "busctl list",
  "stop a unit": "systemctl stop novacula-agent",
  "reach the bus": connect("/run/dbus/system_bus_socket"),
  "reach systemd's own socket": connect("/run/systemd/private"),
  "reach the hand": connect("/run/novacula-nodes.sock"),
  "reach the hand by the root of another process": connect("/proc/1/root/run/novacula-nodes.sock"),
  "reach the agent": connect("/run/novacula/agent.sock"),
  "reach the control plane's operator socket": connect("/var/lib/novacula-control-plane/management.sock"),
  "see another process": "[ -e /proc/$VICTIM ]",
  "kill another node": "kill -9 $VICTIM",
  "kill systemd": "kill -9 1",
  "read another's memory": "cat /proc/$VICTIM/environ",
  "execute what it wrote": "cp /bin/true $HOME/x && $HOME/x",
  "execute what it wrote, by the loader": "cp /bin/true $HOME/x && /lib64/ld-linux-x86-64.so.2 $HOME/x",
  "execute what it wrote to /tmp": "cp /bin/true /tmp/x && /tmp/x",
  "execute what it wrote to /dev/shm": "cp /bin/true /dev/shm/x && /dev/shm/x",
  "make a namespace": "unshare --user true",
  mount: "mount -t tmpfs none /mnt",
  "make a device": "mknod $HOME/d b 8 0",
  "read the kernel's log": "dmesg",
  "change a kernel setting": "echo 0 >/proc/sys/kernel/randomize_va_space",
  "change the host's name": "hostname evil",
  "bind a port of the system": tcp('LocalAddr => "127.0.0.1", LocalPort => 80, Listen => 1'),
  "read the journal": "journalctl -n 1 --quiet | grep -q .",
};
/** What it needs: if these failed, the refusals above would prove nothing. */
const NEEDS: Readonly<Record<string, string>> = {
  "write to its own folder": "echo x >$HOME/own && grep -q x $HOME/own",
  "read its own arguments": "cat /var/lib/novacula/nodes/evil/node.argv",
  "write to its own /tmp": "echo x >/tmp/own",
  "execute programs of the system": "/bin/true && perl -e 1",
  "listen on loopback": tcp('LocalAddr => "127.0.0.1", LocalPort => 18443, Listen => 1'),
};

/** One line for each: `yes NAME` if it worked, `no NAME` if not. */
function script(victim: number): string {
  const tries = Object.entries({ ...ATTACKS, ...NEEDS }).map(
    ([name, command]) =>
      `if (${command}) >/dev/null 2>&1; then echo "yes ${name}"; else echo "no ${name}"; fi`,
  );
  return [`VICTIM=${victim}`, "exec >$HOME/report", ...tries, "echo end", "exec sleep infinity", ""].join(
    "\n",
  );
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("a node in its cage on $title", (release) => {
  it("gets at nothing but its own folder and the network", async () => {
    const host = new NodeHost(await bootPrepared(release));
    const { machine } = host;
    const victim = await host.start(VICTIM, ["/usr/bin/sleep", "infinity"]);
    const attack = "/var/lib/novacula/nodes/evil/attack";
    await host.write("evil", "node", ["/bin/sh", attack]);
    await machine.sh(`cat > ${attack}; chmod 0644 ${attack}`, script(victim));
    // All targets are there, for root.
    await machine.sh(`echo {} > /var/lib/novacula/state.json; chmod 0644 /var/lib/novacula/state.json
      cat /etc/novacula/agent.toml /etc/shadow /var/lib/novacula/state.json >/dev/null
      test -S /run/novacula-nodes.sock && test -S /run/novacula/agent.sock && test -d /proc/${victim}
      test -S /run/dbus/system_bus_socket && test -S /run/systemd/private
      test -d /var/lib/private/novacula-nodes/victim && test -f /var/lib/novacula-control-plane/control-plane.db`);
    await host.order(`run ${UNIT}`);
    const report = await eventually(
      async () => {
        const { stdout } = await machine.try([
          "cat",
          `/var/lib/private/${HOME.slice("/var/lib/".length)}/report`,
        ]);
        return stdout.endsWith("end\n") ? stdout.split("\n").slice(0, -2) : undefined;
      },
      { timeoutMs: 60_000, describe: "everything was tried" },
    );
    expect(report).toEqual([
      ...Object.keys(ATTACKS).map((name) => `no ${name}`),
      ...Object.keys(NEEDS).map((name) => `yes ${name}`),
    ]);
    expect(await host.pid(VICTIM)).toBe(victim);
    const shown = await machine.run(["systemctl", "show", UNIT, "--property=IPAddressDeny", "--value"]);
    expect(shown.split(" ").sort()).toEqual(["169.254.0.0/16", "fe80::/64"]);
  }, 120_000);
});
