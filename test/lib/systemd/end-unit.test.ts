import { expect, it } from "vitest";
import { endUnit } from "../../../src/lib/systemd/end-unit.ts";

it.each([
  ["enabled", "systemctl disable --now x.service"],
  ["enabled-runtime", "systemctl disable --runtime --now x.service"],
  ["disabled", "systemctl stop x.service"],
  ["static", "systemctl stop x.service"],
  ["", "systemctl stop x.service"],
  [undefined, "systemctl stop x.service"],
])("a unit that is %s ends by %s", (fileState, command) => {
  expect(endUnit("x.service", fileState)).toBe(command);
});

it("the name of a unit is one word of the shell", () => {
  expect(endUnit("a b.service", "enabled")).toBe("systemctl disable --now 'a b.service'");
});
