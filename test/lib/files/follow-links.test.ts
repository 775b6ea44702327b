import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { followLinks } from "../../../src/lib/files/follow-links.ts";

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "novacula-links-")));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

it("follows a link above the file, and one to what does not exist", async () => {
  const root = folder();
  mkdirSync(join(root, "real"));
  symlinkSync("real", join(root, "conf"));
  symlinkSync("../gone/agent.toml", join(root, "real", "agent.toml"));
  expect(await followLinks(join(root, "conf/agent.toml"))).toEqual({
    target: join(root, "gone/agent.toml"),
    link: join(root, "conf"),
  });
  expect(await followLinks(join(root, "real/agent.toml"))).toEqual({
    target: join(root, "gone/agent.toml"),
    link: join(root, "real/agent.toml"),
  });
  expect(await followLinks(join(root, "real/none"))).toEqual({
    target: join(root, "real/none"),
    link: undefined,
  });
});

it("ends at a link to itself", async () => {
  const path = join(folder(), "loop");
  symlinkSync(path, path);
  expect(await followLinks(path)).toEqual({ target: path, link: path });
});
