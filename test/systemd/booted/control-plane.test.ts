import { describe, expect, it } from "vitest";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const SERVICE = "novacula-control-plane.service";

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the control plane's service on $title", (release) => {
  it("answers as soon as it is started", async () => {
    const { machine } = await ExecutorHost.boot(release);
    await machine.run(["systemctl", "stop", SERVICE]);
    await machine.sh(`systemctl start ${SERVICE} && novacula-control-plane org list`);
    await machine.sh(`systemctl restart ${SERVICE} && novacula-control-plane org list`);
  });

  it("fails where its environment cannot work, is not started again, and says why", async () => {
    const { machine } = await ExecutorHost.boot(release);
    await machine.sh(`systemctl stop ${SERVICE}; echo PORT=many > /etc/default/novacula-control-plane`);
    await machine.try(["systemctl", "start", SERVICE]);
    await machine.sh(`until systemctl is-failed --quiet ${SERVICE}; do sleep 0.1; done`);
    const shown = await machine.run(["systemctl", "show", SERVICE, "--property=ExecMainStatus,NRestarts"]);
    expect(shown.split("\n").sort()).toEqual(["ExecMainStatus=78", "NRestarts=0"]);
    expect(await machine.run(["journalctl", "-b", "-u", SERVICE, "--no-pager"])).toContain("PORT");
  });
});
