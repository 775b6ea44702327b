import { expect, test } from "vitest";
import { startControlPlane } from "../support/control-plane.ts";

test("serves, issues a key and stops cleanly", async () => {
  const controlPlane = await startControlPlane();
  const key = await controlPlane.createKey({ name: "prod" });
  expect(key.secret).toMatch(/^exc_[a-zA-Z]{64}$/);
  expect(await controlPlane.stop()).toBe(0);
  expect(controlPlane.lines.join("\n")).not.toContain(key.secret);
});
