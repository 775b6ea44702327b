import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placesOf } from "../../../../src/agent/daemon/watch/file-places.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../../support/temp-dir.ts";

describe("the places of a file", () => {
  let directory: TemporaryDirectory;
  let root: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    root = realpathSync(directory.path);
  });
  afterEach(() => directory.remove());

  const link = (target: string, path: string) => symlinkSync(target, join(root, path));
  const places = async (path: string) => {
    const [end, ...links] = await placesOf(join(root, path));
    return { end: end.replace(root, ""), links: links.map((each) => each.replace(root, "")) };
  };

  it("without a link: itself, also where it is not there", async () => {
    expect(await places("etc/agent.toml")).toEqual({ end: "/etc/agent.toml", links: [] });
  });

  it("a link in the way, relative or absolute, and one that goes up through another", async () => {
    mkdirSync(join(root, "releases/2"), { recursive: true });
    link("releases", "all");
    link("all/2", "current");
    link("../common.toml", "releases/2/agent.toml");
    link(join(root, "current"), "etc");
    expect(await places("etc/agent.toml")).toEqual({
      end: "/releases/common.toml",
      links: ["/etc", "/current", "/all", "/releases/2/agent.toml"],
    });
  });

  it("a Kubernetes Secret: the file's link and the one that is swapped", async () => {
    mkdirSync(join(root, "..2026_06_01"));
    link("..2026_06_01", "..data");
    link("..data/key", "key");
    expect(await places("key")).toEqual({ end: "/..2026_06_01/key", links: ["/key", "/..data"] });
  });

  it("links that lead back to themselves come to an end", async () => {
    link("b", "a");
    link("a", "b");
    expect((await places("a")).links).toHaveLength(40);
  });
});
