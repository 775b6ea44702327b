import { expect, it } from "vitest";
import { complaintIn } from "../../../src/agent/systemd/systemctl.ts";

const UNIT = "novacula-agent.service";
const END = `Unit ${UNIT} has a bad unit file setting.`;

it.each([
  [
    `/lib/systemd/system/x.service:3: Unknown key
${UNIT}: Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.
${END}`,
    "Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services",
  ],
  [
    `/etc/systemd/system/${UNIT}.d/a.conf:1: Unknown key 'Usr' in section [Service], ignoring.
${UNIT}: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.\n${END}\n`,
    "Service has no ExecStart=, ExecStop=, or SuccessAction=",
  ],
  [
    `/etc/systemd/system/${UNIT}.d/a.conf:2: Invalid user/group name or numeric ID: no such\n${END}`,
    `/etc/systemd/system/${UNIT}.d/a.conf:2: Invalid user/group name or numeric ID: no such`,
  ],
  [END, undefined],
  ["/lib/systemd/system/x.service:3: Unknown key", undefined],
  ["", undefined],
])("of %j, systemd's reason is %j", (output, reason) => {
  expect(complaintIn(output, UNIT)).toBe(reason);
});
