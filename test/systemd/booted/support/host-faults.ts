import { rootCertificates } from "node:tls";
import { CONFIG } from "./executor-host.ts";

/** systemd reports the service as running a moment before it answers. */
const START_CONTROL_PLANE =
  "systemctl start novacula-control-plane; until novacula-control-plane org list >/dev/null 2>&1; do sleep 0.1; done";

export const DROP_INS = "/etc/systemd/system/novacula-agent.service.d";
export const DROP_IN = `${DROP_INS}/test.conf`;
export const RESTART =
  "systemctl daemon-reload; systemctl reset-failed novacula-agent; systemctl restart novacula-agent";
/** A control plane that cannot serve, for `/opt/node -e`. */
const BUSY =
  'require("node:http").createServer((_, answer) => { answer.statusCode = 503; answer.end("busy"); }).listen(3009, "127.0.0.1")';
const IS_BUSY = 'fetch("http://127.0.0.1:3009").then(() => process.exit(0), () => process.exit(1))';
/** A program on the port of the control plane, and a question whether it is there. */
const TAKER =
  'require("node:http").createServer((_, answer) => answer.end("<html>")).listen(3000, "127.0.0.1")';
const IS_TAKEN = 'fetch("http://127.0.0.1:3000").then(() => process.exit(0), () => process.exit(1))';
/** Sets the flags of the interface lo, netdevice(7). */
const LOOPBACK = (flags: string) =>
  `perl -e 'socket(my $s, 2, 2, 0); my $r = pack("a16 s x22", "lo", ${flags}); ioctl($s, 0x8914, $r) or die "$!"'`;
const ELSEWHERE = `sed -i 's#http://127.0.0.1:3000#https://cp.example.com#' ${CONFIG}`;
const BACK = `sed -i 's#https://cp.example.com#http://127.0.0.1:3000#' ${CONFIG}`;
const ENVIRONMENT = "/etc/default/novacula-agent";
const MANAGER_SETTINGS = "/etc/systemd/system.conf.d/20-corp.conf";
const CONTROL_PLANE_SETTINGS = "/etc/default/novacula-control-plane";
const UNDO = `rm -f ${DROP_IN}; ${RESTART}`;
/** A drop-in with these lines, and a start that may fail. */
export const withDropIn = (...lines: readonly string[]) =>
  `mkdir -p ${DROP_INS}; printf '%s\\n' '[Service]' ${lines.map((line) => `'${line}'`).join(" ")} > ${DROP_IN}
   systemctl daemon-reload; systemctl restart novacula-agent || true; sleep 1`;

export interface HostFault {
  /** At which doctor has to find the cause, and a piece of what it has to say. */
  readonly stage: string;
  readonly says: string;
  readonly script: string;
  /** Undefined: the command that doctor prints. */
  readonly fix?: string;
  /** What the repair leaves. */
  readonly tidy?: string;
}

const OTHER = "/etc/systemd/system/test-other.service";
/** Another unit of the host, with these lines below [Service]. */
const otherUnit = (lines: string, ofUnit = "") =>
  `printf '[Unit]\\n${ofUnit}\\n[Service]\\n${lines}\\n' > ${OTHER}; systemctl daemon-reload`;
const WITHOUT_OTHER = `systemctl stop test-other; systemctl reset-failed test-other || true; rm ${OTHER}; ${UNDO}`;

const MANAGER_LIMITS = "/etc/systemd/system.conf.d/50-limits.conf";
const PACKAGED_UNIT = "/usr/lib/systemd/system/novacula-agent.service";
const COPY = "/etc/systemd/system/novacula-agent.service";
/** A copy of the whole unit, changed by this expression of sed, and a start that may fail. */
const withCopy = (change: string) =>
  `sed '${change}' $(ls ${PACKAGED_UNIT} /lib/systemd/system/novacula-agent.service 2>/dev/null | head -1) > ${COPY}
   systemctl daemon-reload; systemctl restart novacula-agent || true; sleep 1`;

/** The ways in which the suite breaks a healthy host, with their repairs. */
export const HOST_FAULTS: readonly HostFault[] = [
  {
    stage: "mode",
    says: `chgrp novacula ${CONFIG}`,
    script: `chgrp root ${CONFIG}`,
    fix: `chgrp novacula ${CONFIG}`,
  },
  {
    stage: "syntax",
    says: "it may be UTF-16 without a byte-order mark",
    script: `cp -p ${CONFIG} ${CONFIG}.kept; perl -pe 's/(.)/$1\\0/gs' ${CONFIG}.kept > ${CONFIG}`,
    fix: `mv ${CONFIG}.kept ${CONFIG}`,
  },
  {
    stage: "mode",
    says: `Its unit was changed on this host: DynamicUser=yes (${DROP_IN} line 2) If that should not be so`,
    script: withDropIn("DynamicUser=yes", "User=", "Group="),
    fix: UNDO,
  },
  {
    stage: "mode",
    says: `User=ann (${DROP_IN} line 2)`,
    script: `useradd ann; ${withDropIn("User=ann", "Group=ann")}`,
    fix: UNDO,
    tidy: "userdel ann",
  },
  {
    stage: "mode",
    says: "so it looks names up without that file Run: chmod a+r /etc/hosts",
    script: `chmod 600 /etc/hosts; sed -i 's#//127.0.0.1:#//localhost:#' ${CONFIG}`,
    fix: `chmod a+r /etc/hosts; sed -i 's#//localhost:#//127.0.0.1:#' ${CONFIG}`,
  },
  {
    stage: "syntax",
    says: "control_plane.url: is not set",
    script: `sed -i 's/^url = /ulr = /' ${CONFIG}`,
    fix: `sed -i 's/^ulr = /url = /' ${CONFIG}`,
  },
  {
    stage: "file",
    says: "does not exist",
    script: `mv ${CONFIG} ${CONFIG}.away`,
    fix: `mv ${CONFIG}.away ${CONFIG}`,
  },
  {
    stage: "file",
    says: `rmdir ${CONFIG} && install -o root -g novacula -m 0640 /usr/share/novacula-agent/agent.toml ${CONFIG}`,
    script: `mv ${CONFIG} ${CONFIG}.away; mkdir ${CONFIG}`,
    fix: `rmdir ${CONFIG}; mv ${CONFIG}.away ${CONFIG}`,
  },
  {
    stage: "file",
    says: "it holds agent.toml",
    script: `mv ${CONFIG} /srv/kept; mkdir ${CONFIG}; mv /srv/kept ${CONFIG}/agent.toml`,
    tidy: `rmdir ${CONFIG}.folder`,
  },
  {
    stage: "tcp",
    says: `control_plane.url, ${CONFIG} line 2`,
    script: "systemctl stop novacula-control-plane",
    fix: START_CONTROL_PLANE,
  },
  {
    stage: "tcp",
    says: "The control plane of this host is stopped. Start it: systemctl start novacula-control-plane",
    script: "systemctl stop novacula-control-plane",
    fix: START_CONTROL_PLANE,
  },
  {
    stage: "tcp",
    says: "it listens on host-3 (127.0.1.1 (/etc/hosts line",
    script: `cp -p /etc/hosts /srv/hosts; echo '127.0.1.1 host-3' >> /etc/hosts
      cp -p ${CONTROL_PLANE_SETTINGS} /srv/settings; echo HOST=host-3 >> ${CONTROL_PLANE_SETTINGS}
      systemctl stop novacula-control-plane; ${START_CONTROL_PLANE}`,
    fix: `cat /srv/hosts > /etc/hosts; mv /srv/settings ${CONTROL_PLANE_SETTINGS}
      systemctl stop novacula-control-plane; ${START_CONTROL_PLANE}`,
  },
  {
    stage: "mode",
    says: "chmod 755 /etc/novacula",
    script: "chmod 700 /etc/novacula; chgrp root /etc/novacula",
    fix: "chmod 755 /etc/novacula",
  },
  {
    stage: "proxy",
    says: `set in HTTPS_PROXY (${MANAGER_SETTINGS} line 2)`,
    script: `mkdir -p /etc/systemd/system.conf.d
      printf '%s\n' '[Manager]' DefaultEnvironment=HTTPS_PROXY=http://127.0.0.1:9 > ${MANAGER_SETTINGS}
      systemctl daemon-reexec; ${ELSEWHERE}; systemctl restart novacula-agent`,
    fix: `rm ${MANAGER_SETTINGS}; systemctl daemon-reexec; ${BACK}; systemctl restart novacula-agent`,
  },
  {
    stage: "dns",
    says: "cp.invalid",
    script: `sed -i 's#http://127.0.0.1:3000#https://cp.invalid#' ${CONFIG}`,
    fix: `sed -i 's#https://cp.invalid#http://127.0.0.1:3000#' ${CONFIG}`,
  },
  {
    stage: "tls",
    says: "Check the port",
    script: `sed -i 's#http://127#https://127#' ${CONFIG}`,
    fix: `sed -i 's#https://127#http://127#' ${CONFIG}`,
  },
  {
    stage: "unit",
    says: "systemctl start novacula-agent",
    script: "systemctl stop novacula-agent",
    fix: "systemctl start novacula-agent",
  },
  {
    stage: "unit",
    says: "systemctl unmask novacula-agent",
    script: "systemctl mask --now novacula-agent",
    fix: "systemctl unmask novacula-agent; systemctl start novacula-agent",
  },
  {
    stage: "proxy",
    says: `set in HTTPS_PROXY (${DROP_IN} line 2)`,
    script: `${ELSEWHERE}
      ${withDropIn("Environment=HTTPS_PROXY=http://user:hunter2@127.0.0.1:9")}`,
    fix: `${BACK}; ${UNDO}`,
  },
  {
    stage: "proxy",
    says: `the proxy in HTTPS_PROXY (${ENVIRONMENT} line 2) is not a URL`,
    script: `printf '%s\\n' '# proxies' 'HTTPS_PROXY="127.0.0.1:9"' > ${ENVIRONMENT}
      ${ELSEWHERE}; ${withDropIn(`EnvironmentFile=${ENVIRONMENT}`)}`,
    fix: `${BACK}; rm ${ENVIRONMENT}; ${UNDO}`,
  },
  {
    stage: "file",
    says: `/srv/none.toml: does not exist (named by NOVACULA_CONFIG in ${ENVIRONMENT} line 1)`,
    script: `echo NOVACULA_CONFIG=/srv/none.toml > ${ENVIRONMENT}; ${withDropIn(`EnvironmentFile=-${ENVIRONMENT}`)}`,
    fix: `rm ${ENVIRONMENT}; ${UNDO}`,
  },
  {
    stage: "unit",
    says: `${ENVIRONMENT}, an EnvironmentFile= of its unit (${DROP_IN} line 2), does not exist`,
    script: withDropIn(`EnvironmentFile=${ENVIRONMENT}`),
    tidy: `rm ${ENVIRONMENT}; ${UNDO}`,
  },
  {
    stage: "answer",
    says: "127.0.0.1:3009 answered 503 Service Unavailable",
    script: `systemd-run --quiet --unit=busy /opt/node -e '${BUSY}'; until /opt/node -e '${IS_BUSY}'; do sleep 0.2; done
      sed -i 's#127.0.0.1:3000#127.0.0.1:3009#' ${CONFIG}`,
    fix: `sed -i 's#127.0.0.1:3009#127.0.0.1:3000#' ${CONFIG}; systemctl stop busy`,
  },
  {
    stage: "file",
    says: `/srv/other.toml: does not exist (named by ExecStart= in ${DROP_IN} line 3)`,
    script: withDropIn("ExecStart=", "ExecStart=/usr/bin/novacula-agent run --config /srv/other.toml"),
    fix: UNDO,
  },
  {
    stage: "unit",
    says: "install -d -o novacula -g novacula -m 0700 /srv/missing",
    script: withDropIn("ReadWritePaths=/srv/missing"),
    tidy: UNDO,
  },
  {
    stage: "unit",
    says: "/srv/none, from which systemd loads the credential key (LoadCredential= of its unit), does not exist",
    script: withDropIn("LoadCredential=key:/srv/none"),
    fix: UNDO,
  },
  {
    stage: "unit",
    says: "systemctl reset-failed novacula-agent",
    script: `${withDropIn("ExecStart=", "ExecStart=/bin/false")}
      for i in 1 2 3 4 5 6 7 8 9 10 11; do systemctl restart novacula-agent || true; done`,
    fix: UNDO,
  },
  {
    stage: "unit",
    says: "systemctl reset-failed novacula-agent && systemctl start novacula-agent",
    // Repaired without a daemon-reload, with which 252 forgets the starts.
    script: `printf '#!/bin/sh\\nexit 1\\n' > /srv/start; chmod 0755 /srv/start
      ${withDropIn("ExecStart=", "ExecStart=/srv/start")}
      for i in 1 2 3 4 5 6 7 8 9 10 11; do systemctl restart novacula-agent || true; done
      printf '#!/bin/sh\\nexec novacula-agent run\\n' > /srv/start; ! systemctl start novacula-agent`,
    tidy: UNDO,
  },
  {
    // Looked at while it starts once more, when systemd has forgotten how it ended.
    stage: "unit",
    says: "ExecStartPre=/bin/sh of its unit ended with status 3: mgmt0 is not up. Its unit was changed on this host: ",
    script: `${withDropIn('ExecStartPre=/bin/sh -c "sleep 1; echo mgmt0 is not up >&2; exit 3"')}
      until [ "$(systemctl show -P SubState novacula-agent)" = start-pre ]; do sleep 0.1; done`,
    tidy: `rm ${DROP_IN}.old`,
  },
  {
    stage: "unit",
    says: `PrivateNetwork=yes (${DROP_IN} line 2) keeps it from there`,
    script: withDropIn("PrivateNetwork=yes"),
    fix: UNDO,
  },
  {
    stage: "unit",
    says: `LimitNOFILE=18 (${DROP_IN} line 2)`,
    script: withDropIn("LimitNOFILE=18"),
    fix: UNDO,
  },
  {
    stage: "unit",
    says: "/srv/data (agent.data_dir",
    script: `cp -p ${CONFIG} ${CONFIG}.kept; printf '\\n[agent]\\ndata_dir = "/srv/data"\\n' >> ${CONFIG}; systemctl restart novacula-agent`,
    fix: `mv ${CONFIG}.kept ${CONFIG}; ${RESTART}`,
  },
  {
    stage: "unit",
    says: "is a file, not a folder, so the agent remembers nothing",
    script: `cp -p ${CONFIG} ${CONFIG}.kept; printf '\\n[agent]\\ndata_dir = "/srv/data"\\n' >> ${CONFIG}; touch /srv/data; systemctl restart novacula-agent`,
    fix: `mv ${CONFIG}.kept ${CONFIG}; rm /srv/data; ${RESTART}`,
  },
  {
    // No bytes are missing, but inodes: the root of the file system has the only one.
    stage: "unit",
    says: "the file system /srv/full (tmpfs) has no room for another file",
    script: `mkdir /srv/full; mount -t tmpfs -o nr_inodes=1 tmpfs /srv/full; chown novacula:novacula /srv/full
      cp -p ${CONFIG} ${CONFIG}.kept; printf '\n[agent]\ndata_dir = "/srv/full"\n' >> ${CONFIG}
      ${withDropIn("ReadWritePaths=/srv/full")}`,
    fix: `mv ${CONFIG}.kept ${CONFIG}; ${UNDO}; umount /srv/full; rmdir /srv/full`,
  },
  {
    stage: "unit",
    says: "is read-only, because /var/lib/novacula is mounted so (/etc/fstab line ",
    script: `systemctl stop novacula-agent; cp -p /etc/fstab /srv/fstab || touch /srv/fstab
      printf '/var/lib/novacula /var/lib/novacula none bind,ro 0 0\\n' >> /etc/fstab; systemctl daemon-reload
      mount --bind /var/lib/novacula /var/lib/novacula; mount -o remount,bind,ro /var/lib/novacula
      systemctl start novacula-agent; sleep 1`,
    tidy: "mv /srv/fstab /etc/fstab; systemctl daemon-reload; touch /var/lib/novacula/written",
  },
  {
    stage: "unit",
    says: "is read-only, because /var/lib/novacula is mounted so; the agent",
    script: `systemctl stop novacula-agent; mount --bind /var/lib/novacula /var/lib/novacula
      mount -o remount,bind,ro /var/lib/novacula; systemctl start novacula-agent; sleep 1`,
    tidy: "touch /var/lib/novacula/written; systemctl stop novacula-agent; umount /var/lib/novacula; systemctl start novacula-agent",
  },
  {
    stage: "unit",
    says: `is DefaultLimitNOFILE=20 of systemd (${MANAGER_LIMITS} line 3)`,
    script: `mkdir -p /etc/systemd/system.conf.d
      printf '# fewer open files\\n[Manager]\\nDefaultLimitNOFILE=20\\n' > ${MANAGER_LIMITS}
      systemctl daemon-reexec; systemctl restart novacula-agent || true; sleep 2`,
    tidy: `rm ${MANAGER_LIMITS}; systemctl daemon-reexec`,
  },
  {
    stage: "unit",
    says: "/run/novacula/agent.sock is a folder",
    script: `systemctl stop novacula-agent; mkdir /run/novacula/agent.sock; systemctl start novacula-agent || true`,
    tidy: "rmdir /run/novacula/agent.sock.old",
  },
  {
    stage: "unit",
    says: "/run/novacula is a file, in the place of the folder of RuntimeDirectory=",
    script: `systemctl stop novacula-agent; rm -r /run/novacula; touch /run/novacula; systemctl start novacula-agent || true`,
    tidy: "rm /run/novacula.old",
  },
  {
    stage: "unit",
    says: "/var/lib/novacula is a file, in the place of the folder of StateDirectory=",
    script: `systemctl stop novacula-agent; mv /var/lib/novacula /srv/state; touch /var/lib/novacula; systemctl start novacula-agent || true`,
    tidy: `systemctl stop novacula-agent; rm -r /var/lib/novacula /var/lib/novacula.old; mv /srv/state /var/lib/novacula; systemctl start novacula-agent`,
  },
  {
    stage: "file",
    says: "PrivateTmp=yes of its unit hides /tmp",
    script: `cp -p ${CONFIG} ${CONFIG}.kept
      sed -n 's/^access_token = "\\(.*\\)"/\\1/p' ${CONFIG} > /tmp/key; chgrp novacula /tmp/key; chmod 0640 /tmp/key
      sed -i 's#^access_token = .*#access_token_file = "/tmp/key"#' ${CONFIG}`,
    fix: `mv ${CONFIG}.kept ${CONFIG}; rm /tmp/key`,
  },
  {
    stage: "file",
    says: `InaccessiblePaths= of its unit hides ${CONFIG}`,
    script: withDropIn(`InaccessiblePaths=${CONFIG}`),
    fix: UNDO,
  },
  {
    stage: "file",
    says: "TemporaryFileSystem= of its unit hides /etc/novacula",
    script: withDropIn("TemporaryFileSystem=/etc/novacula"),
    fix: UNDO,
  },
  {
    stage: "file",
    says: "the service does not see /srv/ca/ca.pem, because InaccessiblePaths= of its unit hides /srv/ca",
    script: `cp -p ${CONFIG} ${CONFIG}.kept
      mkdir -p /srv/ca; echo '${rootCertificates[0]}' > /srv/ca/ca.pem
      sed -i '/^url = /a ca_file = "/srv/ca/ca.pem"' ${CONFIG}
      ${withDropIn("InaccessiblePaths=/srv/ca")}`,
    fix: `install -o root -g novacula -m 0640 /srv/ca/ca.pem /etc/novacula/ca.pem
      sed -i 's#/srv/ca/ca.pem#/etc/novacula/ca.pem#' ${CONFIG}`,
    tidy: `mv ${CONFIG}.kept ${CONFIG}; rm -r /srv/ca /etc/novacula/ca.pem; ${UNDO}`,
  },
  {
    stage: "unit",
    says: `more than one ExecStart= setting, which is only allowed for Type=oneshot services. Its unit was changed on this host: ExecStart=/usr/bin/novacula-agent run --config ${CONFIG} (${DROP_IN} line 2) Put a line ExecStart= without a value above line 2 of ${DROP_IN}`,
    script: withDropIn(`ExecStart=/usr/bin/novacula-agent run --config ${CONFIG}`),
    tidy: UNDO,
  },
  {
    stage: "unit",
    says: "Service has no ExecStart=, ExecStop=, or SuccessAction=",
    script: withDropIn("ExecStart="),
    fix: UNDO,
  },
  {
    stage: "answer",
    says: "Another program has the port of this host's control plane, which does not run.",
    script: `systemctl stop novacula-control-plane; systemd-run --quiet --unit=taker /opt/node -e '${TAKER}'
      until /opt/node -e '${IS_TAKEN}'; do sleep 0.2; done; ! systemctl start novacula-control-plane`,
    fix: `systemctl stop taker; systemctl reset-failed novacula-control-plane; ${START_CONTROL_PLANE}`,
  },
  {
    stage: "tcp",
    says: "The interface lo, over which this host reaches itself, is down.",
    // As does ip link set lo down, which these machines do not have.
    script: `${LOOPBACK("0x48")}; sleep 1`,
    // A sync that was on its way would end its wait only after the repair. It arrives after its agent.
    fix: `${LOOPBACK("0x49")}; ${RESTART}`,
  },
  {
    stage: "unit",
    says: `test-other.service, without which it does not start (Requires=test-other.service, ${DROP_IN} line 3), has failed`,
    script: `${otherUnit("Type=oneshot\\nExecStart=/bin/false")}
      ${withDropIn("[Unit]", "Requires=test-other.service", "After=test-other.service")}`,
    fix: UNDO,
    tidy: `systemctl reset-failed test-other; rm ${OTHER}; systemctl daemon-reload`,
  },
  {
    stage: "unit",
    says: `systemd starts it only after test-other.service (After=test-other.service, ${DROP_IN} line 4), which is still starting`,
    script: `${otherUnit("Type=oneshot\\nTimeoutStartSec=infinity\\nExecStart=/bin/sleep infinity")}
      systemctl stop novacula-agent; systemctl --no-block start test-other
      ${withDropIn("[Unit]", "Wants=test-other.service", "After=test-other.service").replace("restart", "--no-block start")}`,
    tidy: WITHOUT_OTHER,
  },
  {
    stage: "unit",
    says: "test-other.service runs, and systemd lets only one of the two run (Conflicts=)",
    script: `${otherUnit("ExecStart=/bin/sleep infinity", "Conflicts=novacula-agent.service")}; systemctl start test-other
      until [ "$(systemctl show -P ActiveState novacula-agent)" = inactive ]; do sleep 0.1; done`,
    tidy: `rm ${OTHER}; systemctl daemon-reload`,
  },
  {
    stage: "unit",
    says: `# prod (${DROP_IN} line 3). In ExecStart=, what begins with # is part of the value, and no comment`,
    script: withDropIn("ExecStart=", `ExecStart=/usr/bin/novacula-agent run --config ${CONFIG} # prod`),
    fix: `sed -i 's/ # prod$//' ${DROP_IN}; ${RESTART}`,
    tidy: UNDO,
  },
  {
    // It cannot make its lock, and says why only in the journal.
    stage: "unit",
    says: "the file system /run/novacula (none) has no room for another file",
    script: `systemctl stop novacula-agent
      mount -t tmpfs -o nr_inodes=1,uid=$(id -u novacula),mode=750 none /run/novacula
      systemctl start novacula-agent || true`,
    fix: `umount /run/novacula; ${RESTART}`,
  },
  {
    stage: "file",
    says: "rm /etc/novacula && cp -a /home/admin/novacula /etc/novacula",
    script: `mkdir -p /home/admin; mv /etc/novacula /home/admin/novacula; ln -s /home/admin/novacula /etc/novacula
      systemctl restart novacula-agent`,
    tidy: "rm -r /home/admin",
  },
  {
    stage: "file",
    says: "A file system (tmpfs) is mounted on /etc/novacula, and hides what was there before.",
    script: "mount -t tmpfs none /etc/novacula",
    fix: "umount /etc/novacula",
  },
  {
    stage: "file",
    says: "is a symbolic link to /mnt/nas/agent.toml, which does not exist",
    script: `mv ${CONFIG} ${CONFIG}.away; ln -s /mnt/nas/agent.toml ${CONFIG}`,
    fix: `mv ${CONFIG}.away ${CONFIG}`,
  },
  {
    stage: "file",
    says: `systemd ignores ${ENVIRONMENT} line 1, which names one, but not as NAME=value without export`,
    script: `mv ${CONFIG} ${CONFIG}.away; echo export NOVACULA_CONFIG=/srv/prod.toml > ${ENVIRONMENT}
      ${withDropIn(`EnvironmentFile=${ENVIRONMENT}`)}`,
    fix: `mv ${CONFIG}.away ${CONFIG}; rm ${ENVIRONMENT}; ${UNDO}`,
  },
  {
    stage: "syntax",
    says: `${CONFIG}: is empty ${CONFIG}.away, beside it, is a valid file, last written at`,
    script: `cp -p ${CONFIG} ${CONFIG}.away; : > ${CONFIG}`,
    tidy: `rm ${CONFIG}.away`,
  },
  {
    stage: "unit",
    says: `${COPY} hides the unit of the package: it has User=ghost (line `,
    script: withCopy("s#^User=.*#User=ghost#"),
    fix: `mv -bT ${COPY} ${COPY}.old && systemctl daemon-reload && novacula-agent restart`,
    tidy: `rm ${COPY}.old`,
  },
  {
    stage: "unit",
    says: `${COPY} hides the unit of the package, and names this (EnvironmentFile= in line `,
    script: withCopy("s#^User=.*#&\\nEnvironmentFile=/etc/default/novacula-old#"),
    tidy: `rm ${COPY}.old`,
  },
  {
    stage: "key",
    says: "run (set-key tries the key before it writes it): cat /etc/novacula/key | tr -d '[:space:]'",
    script: `cp -p ${CONFIG} ${CONFIG}.kept; install -m 640 -g novacula /dev/null /etc/novacula/key
      sed -n 's/^access_token = "\\(.*\\)"$/\\1/p' ${CONFIG} | fold -w 40 > /etc/novacula/key
      sed -i 's#^access_token = .*#access_token_file = "/etc/novacula/key"#' ${CONFIG}`,
    tidy: `mv ${CONFIG}.kept ${CONFIG}; rm /etc/novacula/key`,
  },
  {
    stage: "executor",
    says: "another agent runs on this host",
    script: `cp -p ${CONFIG} /srv/second.toml; printf '\\n[agent]\\ndata_dir = "/srv/second"\\nruntime_dir = "/srv/second"\\n' >> /srv/second.toml
      nohup novacula-agent run --config /srv/second.toml > /dev/null 2>&1 & echo $! > /run/second.pid; sleep 3`,
    fix: "kill $(cat /run/second.pid); sleep 1",
  },
];

/** Lines of a drop-in that take the executor offline, or keep its agent from its files. */
export const BREAKING_SETTINGS: readonly (readonly string[])[] = [
  ["User=nobody", "Group=nogroup"],
  ["Group=nogroup"],
  ["ExecStart=", "ExecStart=/usr/bin/novacula-agent walk"],
  ["ExecStartPre=/bin/false"],
  ["ReadWritePaths=/srv/none"],
  ["ReadOnlyPaths=/var/lib/novacula"],
  ["InaccessiblePaths=/etc/novacula"],
  ["TemporaryFileSystem=/var/lib"],
  ["RootDirectory=/srv"],
  ["LimitFSIZE=0"],
  ["LimitNOFILE=18"],
  ["LimitAS=64M"],
  ["PrivateNetwork=yes"],
  ["RestrictAddressFamilies=", "RestrictAddressFamilies=AF_UNIX"],
  ["SystemCallFilter=~connect"],
  ["TimeoutStartSec=1ms"],
  ["RuntimeMaxSec=1"],
  ["WorkingDirectory=/srv/none"],
  ["[Unit]", "ConditionPathExists=/srv/none"],
  ["Environment=NOVACULA_CONFIG=/srv/none.toml"],
  ["SupplementaryGroups=no-such-group"],
  ["BindReadOnlyPaths=/srv:/etc/novacula"],
  ["NoExecPaths=/usr/bin"],
  ["WatchdogSec=1us"],
];
