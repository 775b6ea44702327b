import { decodeServiceFacts, type ServiceFacts } from "../../../src/agent/systemd/service/service-facts.ts";

/** What `systemctl show` prints of the packaged service while it runs, as far as doctor asks. */
const RUNNING = `LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=no
Result=success
ExecMainStatus=0
NRestarts=0
MainPID=42
FragmentPath=/usr/lib/systemd/system/novacula-agent.service
DropInPaths=
ExecStart={ path=/usr/bin/novacula-agent ; argv[]=/usr/bin/novacula-agent run ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Environment=
UnsetEnvironment=NODE_OPTIONS LD_PRELOAD
User=novacula
Group=novacula
StateDirectory=novacula
RuntimeDirectory=novacula
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
Job=
Requires=sysinit.target system.slice
Conflicts=shutdown.target
ConflictedBy=`;

/** The facts of that service with other properties, as `systemctl show` prints them. */
export function serviceFacts(changes = ""): ServiceFacts {
  const changed = new Set(changes.split("\n").map((line) => line.slice(0, line.indexOf("="))));
  const kept = RUNNING.split("\n").filter((line) => !changed.has(line.slice(0, line.indexOf("="))));
  const facts = decodeServiceFacts([...kept, changes].join("\n"));
  if (facts === undefined) {
    throw new Error(`systemctl prints no such thing: ${changes}`);
  }
  return facts;
}
