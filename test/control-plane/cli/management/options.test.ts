import { expect, it, onTestFinished } from "vitest";
import { suggestion } from "../../../../src/control-plane/cli/management/options.ts";
import { adviseFor } from "../../../../src/lib/shell-word.ts";

it("shows the next command as the user of this one has to type it", () => {
  onTestFinished(() => adviseFor(process.env));
  const isRoot = process.geteuid?.() === 0;
  adviseFor({ SUDO_UID: "1000" });
  expect(suggestion("keys list", {})).toBe(`${isRoot ? "sudo " : ""}novacula-control-plane keys list`);
  adviseFor({});
  expect(suggestion("keys list", { socket: "/srv/my cp.sock" })).toBe(
    "novacula-control-plane keys list --socket '/srv/my cp.sock'",
  );
});
