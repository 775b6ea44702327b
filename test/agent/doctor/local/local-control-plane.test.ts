import { describe, expect, it } from "vitest";
import { controlPlaneUrl } from "../../../../src/agent/config/schema/config-url.ts";
import { certificateHere } from "../../../../src/agent/doctor/local/local-certificate.ts";
import {
  causeHere,
  type LocalControlPlane,
  listeningSettings,
  localRemedy,
  refusedHere,
  remedyHere,
} from "../../../../src/agent/doctor/local/local-control-plane.ts";
import { redirectsByNftables } from "../../../../src/agent/doctor/rules/redirected-port.ts";
import type { UnreachableCause } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { settingsBeside } from "../../../../src/agent/systemd/service/changed-settings.ts";
import type { ProcessFacts } from "../../../../src/agent/systemd/service/process-facts.ts";
import { assignmentsOf } from "../../../../src/agent/systemd/service/unit-files.ts";
import { asRoot, asTyped, forAgent } from "../../../../src/lib/shell-word.ts";
import { remedyLines, remedyText, step } from "../../../../src/lib/text/remedy.ts";

const WANTED = "http://127.0.0.1:3000";

function controlPlane(more: Partial<LocalControlPlane>): LocalControlPlane {
  const running = { active: "active", result: "success", isMasked: false };
  return { ...running, url: undefined, address: undefined, settings: {}, ...more };
}

function remedy(more: Partial<LocalControlPlane>, wanted = WANTED) {
  const found = localRemedy(controlPlane(more), wanted);
  return found && remedyText(found);
}

const REDIRECTING = `table inet lb { # handle 1
	chain out { # handle 2
		type nat hook output priority -100; policy accept;
		tcp dport 8443 redirect to :9443 # handle 5
	}
}`;

describe("the control plane of this host, where connections are refused", () => {
  it.each([
    [
      { active: "failed", result: "start-limit-hit" },
      /too many starts.*systemctl reset-failed novacula-control-plane && .*systemctl start novacula-control-plane$/u,
    ],
    [{ active: "failed", result: "exit-code" }, /has failed: exit-code.*reset-failed.* && .*start/u],
    [{ active: "inactive" }, /is stopped\. Start it: .*systemctl start novacula-control-plane$/u],
    [
      { active: "activating", isRestarting: true },
      /fails at each start\. .*journalctl -u novacula-control-plane.* Then run: .*reset-failed .* && .*restart/u,
    ],
    [{ active: "activating", restarts: 3 }, /fails at each start, 4 times so far\. /u],
    [
      { active: "activating" },
      /is still starting\. Run doctor again .*journalctl -u novacula-control-plane/u,
    ],
    [{ active: "inactive", isMasked: true }, /systemctl unmask novacula-control-plane && /u],
  ])("%o is said, with the command", (more, said) => {
    expect(remedy(more)).toMatch(said);
  });

  describe("that ended in a way that its unit can cause", () => {
    const file = "/etc/systemd/system/service.d/50-baseline.conf";
    const changed = settingsBeside(assignmentsOf("# ours\n[Service]\nLockPersonality=yes", file), []);
    const trap = { isBySignal: true, status: 5 };
    const namespace = { isBySignal: false, status: 226 };
    const silent = { kind: "silent" } as const;
    const said = { kind: "said", why: "Failed at step NAMESPACE spawning x: No", remedy: undefined } as const;
    const TAKE_OUT =
      /^If a changed setting is the cause, take it out: hide the file from .*: .*systemctl start novacula-control-plane\. .*journalctl.*Once it is fixed, run: .*systemctl daemon-reload && .*systemctl reset-failed novacula-control-plane && .*systemctl start novacula-control-plane$/u;
    const AFTER = `, after this host changed its unit: LockPersonality=yes (${file} line 3)`;
    const state = (more: Partial<LocalControlPlane>) => {
      const local = controlPlane({ active: "failed", result: "signal", ...more });
      return causeHere({ local, isLoopbackUp: true }, "connection-refused");
    };

    it.each([
      [{ end: trap, words: silent }, "a signal ended it (SIGTRAP), as in a crash"],
      [{ end: trap, words: { kind: "denied" } as const }, "a signal ended it (SIGTRAP), as in a crash"],
      [
        { end: { ...trap, status: 31 } },
        "it made a system call that its unit forbids (SIGSYS, SystemCallFilter=)",
      ],
      [{ end: { ...trap, status: 9 }, result: "oom-kill" }, "the kernel ended it, because memory ran out"],
      [
        { end: namespace, words: silent, result: "exit-code" },
        "systemd could not set up its sandbox (status 226/NAMESPACE)",
      ],
      [
        { end: { ...namespace, status: 218 } },
        "systemd could not set its capabilities (status 218/CAPABILITIES)",
      ],
      [
        { end: { ...namespace, status: 225 } },
        "systemd could not set up its network (NetworkNamespacePath=, PrivateNetwork= or JoinsNamespaceOf=) (status 225/NETWORK)",
      ],
      [
        { end: { ...namespace, status: 238 } },
        "systemd could not make its StateDirectory= /var/lib/novacula-control-plane (status 238/STATE_DIRECTORY)",
      ],
      [{ end: namespace, words: said }, "Failed at step NAMESPACE spawning x: No"],
    ])("names the line of the drop-in: %o", (more, why) => {
      expect(state({ ...more, changed })).toBe(
        `the control plane of this host did not start: ${why}${AFTER}`,
      );
      expect(remedy({ active: "failed", ...more, changed })).toMatch(TAKE_OUT);
      expect(state(more)).toBe(`the control plane of this host did not start: ${why}`);
      expect(remedy({ active: "failed", ...more, changed: [] })).not.toContain("changed");
    });

    it("suspects no drop-in of what the program itself says, or of a program that is damaged", () => {
      const own = { kind: "said", why: "PORT is wrong", remedy: "Correct PORT." } as const;
      const exit = { isBySignal: false, status: 1 };
      const damaged = "Failed at step EXEC spawning /usr/bin/novacula-control-plane: Exec format error";
      const broken = { kind: "said", why: damaged, remedy: undefined } as const;
      for (const more of [
        { end: exit, words: own },
        { end: exit, words: silent },
        { end: { ...exit, status: 203 }, words: broken },
      ]) {
        expect(remedy({ active: "failed", ...more, changed })).not.toContain("changed");
        expect(state({ ...more, changed }) ?? "").not.toContain(file);
      }
      const start = [{ file, line: 4, section: "Service", name: "ExecStart", value: "/opt/cp" }];
      expect(
        remedy({ active: "failed", end: { ...exit, status: 203 }, words: broken, changed: start }),
      ).toMatch(/^Take out what was changed, then run: .*start novacula-control-plane$/u);
    });

    it("suspects a command of the unit also if systemd has forgotten which one failed", () => {
      const own = "/etc/systemd/system/novacula-control-plane.service.d/x.conf";
      const changed = settingsBeside(assignmentsOf("[Service]\nExecStartPre=/srv/up\nNice=5", own), []);
      const more = { result: "exit-code", end: { isBySignal: false, status: 0 }, words: silent, changed };
      expect(state(more)).toBe(
        `the control plane of this host did not start: a command that its unit runs before or after its program failed (ExecStartPre=, ExecStartPost=), after this host changed its unit: ExecStartPre=/srv/up (${own} line 2)`,
      );
      expect(remedy({ active: "failed", ...more })).toContain(
        `Take out what was changed: make its lines comments: sed -i --follow-symlinks '2s/^/# /' ${own} && `,
      );
    });

    it.each([
      [
        "MemoryDenyWriteExecute=yes",
        { end: trap },
        "as in a crash, because no Node.js program can run with MemoryDenyWriteExecute=",
      ],
      [
        "SystemCallFilter=~@timer",
        { end: { ...trap, status: 31 } },
        "that its unit forbids (SIGSYS, SystemCallFilter=)",
      ],
      [
        "PrivateNetwork=yes",
        { end: { ...namespace, status: 225 } },
        "PrivateNetwork= or JoinsNamespaceOf=) (status 225/NETWORK)",
      ],
    ])("is sure of a setting that the end itself names: %s", (line, more, why) => {
      const other = "/etc/systemd/system/novacula-control-plane.service.d/nice.conf";
      const changed = settingsBeside(
        [...assignmentsOf(`[Service]\n${line}`, file), ...assignmentsOf("[Service]\nNice=5", other)],
        [],
      );
      expect(state({ ...more, changed })).toContain(why);
      expect(remedy({ active: "failed", ...more, changed })).toBe(
        "Take out what was changed: hide the file from this service alone (to undo it, remove the link): install -d /etc/systemd/system/novacula-control-plane.service.d && ln -s /dev/null /etc/systemd/system/novacula-control-plane.service.d/50-baseline.conf && systemctl daemon-reload && systemctl reset-failed novacula-control-plane && systemctl start novacula-control-plane",
      );
    });
  });

  describe("that says why it did not start", () => {
    const OWNER = "cannot open the database /srv/cp.db: it belongs to root";
    const remedyOf = [step("Run:", "sudo chown cp /srv/cp.db")];

    it("waits for what a look at a full disk leads to before it is started", () => {
      const look = [step("free space on it. To see its largest folders, run:", "sudo du -xh /srv")];
      const words = { kind: "said", why: "the disk is full", remedy: look } as const;
      expect(remedy({ active: "failed", words })).toMatch(/du -xh \/srv\. Once that is done, run: .*start/u);
      expect(remedy({ active: "failed", words: { ...words, remedy: remedyOf } })).toContain(". Then run: ");
    });
    const of = (more: Partial<LocalControlPlane>) => {
      const here = { local: controlPlane(more), isLoopbackUp: true };
      const found = remedyHere(here, "connection-refused", WANTED) ?? [];
      return [causeHere(here, "connection-refused"), ...remedyLines(found)];
    };

    it("is quoted, and each command has a line of its own", () => {
      const words = { kind: "said", why: OWNER, remedy: remedyOf } as const;
      expect(of({ active: "failed", result: "exit-code", words })).toEqual([
        `the control plane of this host did not start: ${OWNER}`,
        "Fix:",
        `  ${asTyped("sudo chown cp /srv/cp.db")}`,
        "Then run:",
        `  ${asRoot("systemctl reset-failed novacula-control-plane")} && ${asRoot("systemctl start novacula-control-plane")}`,
      ]);
      expect(of({ active: "activating", restarts: 4, words })[0]).toBe(
        `the control plane of this host fails at each start (5 so far): ${OWNER}`,
      );
    });

    it("and ends with its own restart has one start, which no limit refuses", () => {
      const own = [step("Correct it, then run:", "sudo systemctl restart novacula-control-plane")];
      const words = { kind: "said", why: "PORT: must be an integer", remedy: own } as const;
      expect(of({ active: "failed", words }).slice(1)).toEqual([
        "Fix: Correct it, then run:",
        `  ${asRoot("systemctl reset-failed novacula-control-plane")} && ${asRoot("systemctl start novacula-control-plane")}`,
      ]);
    });

    it("without a remedy still gets the start", () => {
      const words = { kind: "said", why: "PORT: must be an integer", remedy: undefined } as const;
      expect(of({ active: "failed", words })[1]).toBe("Fix: Correct that, then run:");
    });

    it("because its program is damaged has the commands that install it again", () => {
      const spawned = (program: string) =>
        ({
          kind: "said",
          why: `Failed at step EXEC spawning ${program}: Exec format error`,
          remedy: undefined,
        }) as const;
      const found = of({ active: "failed", words: spawned("/usr/bin/novacula-control-plane") });
      expect(found[0]).toContain("Exec format error");
      expect(found).toContain("  dpkg --verify novacula-control-plane");
      expect(found).toContain(`  ${asRoot("apt install --reinstall novacula-control-plane")}`);
      expect(found.at(-2)).toMatch(
        /"If the program itself does not start" in \S+\/service\.md\. Then run:$/u,
      );
      expect(found.at(-1)).toMatch(/systemctl start novacula-control-plane$/u);
      // A drop-in may name another program, which no package brings.
      const own = of({ active: "failed", words: spawned("/opt/cp") });
      expect(own[1]).toBe("Fix: Correct that, then run:");
    });

    it("is quoted in one printable line of bounded length", () => {
      const words = {
        kind: "said",
        why: `a\u001b[31m${"b".repeat(5000)}`,
        remedy: "c".repeat(5000),
      } as const;
      for (const line of of({ active: "failed", words })) {
        expect(line?.length).toBeLessThan(800);
        expect(line).not.toContain("\u001b");
      }
    });

    it("to root alone has the command for root", () => {
      const found = of({ active: "failed", words: { kind: "denied" } });
      expect(found[0]).toBeUndefined();
      expect(found.at(-1)).toBe(`  ${forAgent("doctor")}`);
    });
  });

  it("that listens on a name is freed of its HOST", () => {
    const url = "http://host-3:3000";
    expect(remedy({ url, address: "127.0.1.1", settings: { HOST: "host-3" } })).toMatch(
      /listens on host-3 \(127\.0\.1\.1\) port 3000, not 127\.0\.0\.1 port 3000: remove HOST=host-3 from \/etc\/default\/novacula-control-plane and restart it: .*systemctl restart novacula-control-plane$/u,
    );
    expect(remedy({ url })).toContain("remove its HOST from /etc/default/novacula-control-plane, or from");
  });

  it("that has its port from systemd gets its own back, or another URL", () => {
    const url = "http://[::]:443";
    const socket = { listens: "443", path: "/usr/lib/systemd/system/novacula-control-plane.socket" };
    const why =
      "systemd gives the control plane of this host its port: novacula-control-plane.socket is active (ListenStream=443, /usr/lib/systemd/system/novacula-control-plane.socket), so it serves http://[::]:443 and ignores HOST and PORT.";
    const off = `${asRoot("systemctl disable --now novacula-control-plane.socket")} && ${asRoot("systemctl restart novacula-control-plane")}`;
    expect(remedy({ url, socket })).toBe(
      `${why} If HOST and PORT should count, so that it serves port 3000, run: ${off}. If the socket should stay, set control_plane.url to http://127.0.0.1:443 instead.`,
    );
    const set = { HOST: "127.0.0.1", PORT: "3001" };
    const other = remedy({ url, socket, settings: set });
    expect(other).toContain(
      "and ignores HOST=127.0.0.1 and PORT=3001 in /etc/default/novacula-control-plane.",
    );
    expect(other).toContain(
      `If the socket should stay, set control_plane.url to http://127.0.0.1:443. If instead`,
    );
    expect(other?.endsWith(`port 3001, run: ${off}`)).toBe(true);
    // What the agent asks is what the socket has.
    expect(remedy({ url, socket }, "http://127.0.0.1:443")).toBeUndefined();
  });

  it("that a signal has stopped goes on, whether it serves the wanted address or not", () => {
    for (const url of [WANTED, "http://127.0.0.1:3001"]) {
      const here = { local: controlPlane({ url, isStopped: true }), isLoopbackUp: true };
      const found = remedyText(remedyHere(here, "timeout", WANTED) ?? []);
      expect(found).toMatch(
        /is stopped, as by SIGSTOP\. Let it go on: (?:sudo )?systemctl kill --signal=CONT novacula-control-plane$/u,
      );
    }
  });

  it("that has another port is named, with the setting", () => {
    expect(remedy({ url: "http://127.0.0.1:3001", settings: { PORT: "3001" } })).toMatch(
      /\(PORT=3001 in \/etc\/default\/novacula-control-plane\): set control_plane\.url to http:\/\/127\.0\.0\.1:3001,/u,
    );
  });

  it("that serves the wanted address has no remedy", () => {
    expect(remedy({ url: WANTED })).toBeUndefined();
    expect(remedy({ url: "http://0.0.0.0:3000" })).toBeUndefined();
    expect(remedy({})).toBeUndefined();
  });

  it.each([
    ["https://127.0.0.10:8443", ["127.0.0.10"], undefined],
    ["https://cp-host:8443", ["127.0.0.9", "127.0.0.10"], undefined],
    ["https://[::]:8443", [], undefined],
    ["https://127.0.0.10:9443", ["127.0.0.10"], "https://cp.example.com:9443"],
    ["https://[fd00::7]:9443", ["fd00::7"], "https://cp.example.com:9443"],
    ["https://127.0.0.11:8443", ["127.0.0.11"], "https://127.0.0.11:8443"],
  ])("at %s is never named otherwise if the agent's name means the same address", (url, own, suggested) => {
    const local = controlPlane({ url, addresses: own });
    const found = localRemedy(local, "https://cp.example.com:8443", ["127.0.0.10", "fd00::7"]);
    expect(found && remedyText(found)).toEqual(
      suggested && expect.stringContaining(`set control_plane.url to ${suggested}, if`),
    );
  });

  const HOSTS = [
    "host-3",
    "localhost",
    "127.0.1.1",
    "10.1.2.3",
    "0.0.0.0",
    "[::]",
    "[::1]",
    "cp.example.com",
  ];
  const served = HOSTS.flatMap((host) => [`http://${host}:3001`, `https://${host}:8443`, `https://${host}`]);
  const cases = served.flatMap((url) =>
    [WANTED, "https://cp.example.com"].map((wanted) => ({ url, wanted })),
  );

  it.each(cases)(
    "$url for $wanted is never answered with a URL that the agent refuses",
    ({ url, wanted }) => {
      const said = remedy({ url }, wanted) ?? "";
      const suggested = said.split("control_plane.url to ").slice(1);
      for (const rest of suggested) {
        expect(controlPlaneUrl.safeParse(rest.split(",")[0]).success).toBe(true);
      }
      expect(suggested.length === 1 || said === "" || said.includes("HOST")).toBe(true);
    },
  );
});

describe("a server that is this host itself", () => {
  const SERVING = controlPlane({ url: WANTED });
  const FAILED = controlPlane({ active: "failed", result: "exit-code" });
  const said = (local: LocalControlPlane | undefined, cause: UnreachableCause, wanted = WANTED) =>
    remedyText(remedyHere({ local, isLoopbackUp: true }, cause, wanted) ?? []) || undefined;

  it.each(["connection-refused", "timeout", "network"] as const)(
    "is not reached (%s) while the loopback interface is down, whatever runs",
    (cause) => {
      for (const local of [undefined, SERVING, FAILED]) {
        expect(remedyText(remedyHere({ local, isLoopbackUp: false }, cause, WANTED) ?? [])).toMatch(
          /lo, .* is down\. Run: .*ip link set lo up$/u,
        );
      }
    },
  );

  it("and drops packets is never called well", () => {
    for (const local of [undefined, SERVING]) {
      expect(said(local, "timeout")).toMatch(
        /firewall drops the packets, or .* hangs\. .*nft list ruleset\. .*ss -ltnp 'sport = :3000'$/u,
      );
    }
    expect(said(FAILED, "timeout")).toContain("has failed: exit-code");
  });

  it("and refuses what its control plane serves has a rule that does", () => {
    expect(said(SERVING, "connection-refused")).toMatch(/serves there now\. .*nft list ruleset$/u);
    expect(said(FAILED, "connection-refused")).toContain("has failed: exit-code");
    expect(said(undefined, "connection-refused")).toBeUndefined();
    expect(said(controlPlane({}), "connection-refused")).toBeUndefined();
  });

  it("and redirects connections to its control plane has the rule named", () => {
    const local = controlPlane({ url: "https://127.0.0.10:8443" });
    const here = { local, isLoopbackUp: true, addresses: ["127.0.0.10"] };
    const wanted = "https://cp.example.com:8443";
    const rules = { command: "nft list ruleset", redirects: redirectsByNftables(REDIRECTING, "8443") };
    for (const cause of ["connection-refused", "timeout"] as const) {
      expect(remedyText(remedyHere(here, cause, wanted, rules) ?? [])).toMatch(
        /^The control plane of this host listens there, .* by the rule of nftables tcp dport 8443 redirect to :9443 \(table inet lb, chain out\)\. To delete that rule alone, run: (?:sudo )?nft delete rule inet lb out handle 5\. So that .*$/u,
      );
    }
    expect(remedyText(remedyHere(here, "connection-refused", wanted) ?? [])).toMatch(
      /serves there now\. .* refuses or redirects the connection\. /u,
    );
    expect(remedyHere(here, "not-a-control-plane", wanted, rules)).toBeUndefined();
  });

  it.each(["not-a-control-plane", "captive-portal", "redirect", "foreign-refusal"] as const)(
    "and answers as another program (%s) has the control plane's port taken",
    (cause) => {
      const taken =
        /^Another program has the port .*ss -ltnp 'sport = :3000'\. Stop it, .*systemctl restart novacula-control-plane$/u;
      for (const active of ["failed", "activating", "inactive"]) {
        expect(said(controlPlane({ active }), cause)).toMatch(taken);
      }
      for (const elsewhere of [{ settings: { PORT: "3001" } }, { isMasked: true }]) {
        expect(said(controlPlane({ active: "inactive", ...elsewhere }), cause)).toBeUndefined();
      }
      expect(said(controlPlane({ url: "http://127.0.0.1:3001" }), cause)).toContain(
        "set control_plane.url to http://127.0.0.1:3001",
      );
      expect(said(SERVING, cause)).toBeUndefined();
      expect(said(undefined, cause)).toBeUndefined();
    },
  );

  it.each(["server-error", "rate-limited", "tls-untrusted", "connection-lost"] as const)(
    "with %s is what the answer says",
    (cause) => {
      expect(said(FAILED, cause)).toBeUndefined();
    },
  );

  it.each([
    ["http://127.0.0.1", "80"],
    ["https://cp.example.com", "443"],
  ])("at %s has port %s", (wanted, port) => {
    expect(said(undefined, "timeout", wanted)).toContain(`sport = :${port}'`);
  });
});

describe("a key that is refused while the control plane of this host does not run", () => {
  const of = (more: Partial<LocalControlPlane>, wanted = WANTED, holder?: { pid: number; name: string }) => {
    const found = refusedHere({ local: controlPlane(more), isLoopbackUp: true, holder }, wanted);
    return found && { why: found.why, remedy: remedyText(found.remedy) };
  };

  it.each([
    ["failed", "has failed"],
    ["activating", "does not start"],
    ["inactive", "does not run"],
  ])("was refused by another process: %s", (active, state) => {
    const found = of({ active }, WANTED, { pid: 4711, name: "novacula-contro" });
    expect(found?.why).toBe(
      `the service novacula-control-plane of this host ${state}, and another process has its port: PID 4711 (novacula-contro)`,
    );
    expect(found?.remedy).toMatch(
      /To see it, run: (?:sudo )?ps -fp 4711\. .*kill 4711 && .*reset-failed \S+ && .*restart novacula-control-plane$/u,
    );
    expect(of({ active })?.remedy).toMatch(
      /ss -ltnp 'sport = :3000'\. Stop it, .*restart novacula-control-plane$/u,
    );
  });

  it("has the facts by which somebody decides about that process", () => {
    const facts: ProcessFacts = {
      user: "carl",
      sinceMs: Date.UTC(2026, 10, 30, 18, 46, 34),
      unit: undefined,
      session: "3",
      folder: "/root/restore-test",
      database: "/root/restore-test/cp.db",
    };
    const said = (more: Partial<ProcessFacts>, database?: string) => {
      const holder = { pid: 4711, name: "novacula-control-plane", facts: { ...facts, ...more } };
      const local = controlPlane({ active: "failed", database });
      return remedyText(refusedHere({ local, isLoopbackUp: true, holder }, WANTED)?.remedy ?? []);
    };
    expect(said({}, "/var/lib/cp.db")).toContain(
      "PID 4711 is novacula-control-plane, which runs as carl since 2026-11-30 18:46:34 UTC, in the folder /root/restore-test, outside the service, started by hand in session 3. Its database is /root/restore-test/cp.db, but the service has /var/lib/cp.db. To see it, run: ",
    );
    expect(said({ database: "/var/lib/cp.db" }, "/var/lib/cp.db")).toContain(
      "Its database is /var/lib/cp.db, as the service. ",
    );
    const nginx = said({ unit: "nginx.service", session: undefined, database: undefined }, "/var/lib/cp.db");
    expect(nginx).toContain(", in the service nginx.service. To see it, run: ");
    expect(nginx).toMatch(/If it should not run, run: (?:sudo )?systemctl disable --now nginx\.service && /u);
    expect(said({ session: undefined, sinceMs: undefined, folder: undefined })).toContain(
      "runs as carl, outside the service, started by hand. Its database is /root/restore-test/cp.db. To",
    );
  });

  it("was refused by the right one if that runs, is masked or has another port", () => {
    expect(of({ active: "active" })).toBeUndefined();
    expect(of({ active: "inactive", isMasked: true })).toBeUndefined();
    expect(of({ active: "failed", settings: { PORT: "3001" } })).toBeUndefined();
    expect(of({ active: "failed", settings: { PORT: "3001" } }, "http://127.0.0.1:3001")).toBeDefined();
    expect(of({ active: "failed" }, "https://cp.example.com")).toBeUndefined();
    expect(refusedHere({ local: undefined, isLoopbackUp: true }, WANTED)).toBeUndefined();
  });
});

describe("the certificate of this host's control plane", () => {
  const url = "https://127.0.0.10:8443";
  const wanted = "https://cp.example.com:8443";
  const of = (more: Partial<LocalControlPlane>, cause: UnreachableCause = "tls-expired", detail?: string) => {
    const local = controlPlane({ url, certPath: "/etc/novacula/tls/cp.pem", ...more });
    const here = { local, isLoopbackUp: true, addresses: ["127.0.0.10"] };
    const said = detail ?? "the certificate of cp.example.com:8443 expired";
    return remedyText(certificateHere(here, wanted, cause, said, 0).steps);
  };

  it.each(["tls-untrusted", "tls-expired", "tls-not-yet-valid", "tls-name-mismatch", "tls-other"] as const)(
    "has its file named where it is what is wrong: %s",
    (cause) => {
      expect(of({}, cause)).toMatch(
        /TLS_CERT \/etc\/novacula\/tls\/cp\.pem\. To use another file, change TLS_CERT .*without a restart\.$/u,
      );
    },
  );

  it("has none named where it is another's, or something else is wrong", () => {
    expect(of({ url: "https://127.0.0.11:8443" })).toBe("");
    expect(of({ certPath: undefined })).toBe("");
    expect(of({ active: "failed" })).toBe("");
    expect(of({}, "connection-refused")).toBe("");
    expect(of({}, "tls-expired", "this host's clock is wrong, so the certificate of it is unknown")).toBe("");
    expect(of({}, "tls-other", "cp.example.com:8443 does not speak TLS")).toBe("");
  });
});

it("of several lines for a variable, the last counts", () => {
  expect(listeningSettings('# HOST=a\nHOST=b\nHOST="host-3"\nPORT=\nEXPORT=1\n')).toEqual({
    HOST: "host-3",
    PORT: undefined,
  });
});
