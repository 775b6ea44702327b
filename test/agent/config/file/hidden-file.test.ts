import { describe, expect, it } from "vitest";
import { broughtOut, hiddenDetail } from "../../../../src/agent/config/file/hidden-file.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const HOME = { folder: "/root", setting: "ProtectHome=yes" };

describe("a file that the sandbox hides", () => {
  it.each([
    [
      "/etc/novacula/agent.toml",
      "/root/agent.toml",
      "install -o root -g novacula -m 0640 /root/agent.toml /etc/novacula/agent.toml",
    ],
    ["/root/key", "/root/key", "/root/key /etc/novacula/key"],
    ["/srv/link", "/root/key", "/root/key /etc/novacula/link"],
  ])("%s, in fact %s, is copied to where the service sees it", (path, target, command) => {
    const remedy = remedyText(broughtOut({ path, target, by: HOME }));
    expect(remedy).toContain(command);
    expect(remedy).toContain(`then delete ${target}. Run: `);
  });

  it("is never copied onto itself, which would destroy it", () => {
    const path = "/etc/novacula/agent.toml";
    const by = { folder: "/etc/novacula", setting: "InaccessiblePaths=" };
    const remedy = remedyText(broughtOut({ path, target: path, by }));
    expect(remedy).not.toContain("install");
    expect(remedy).toContain("Take InaccessiblePaths= out of the unit");
  });

  it.each([
    ["/etc/novacula", "/home/a/novacula/agent.toml", "/home/a/novacula"],
    ["/etc", "/root/etc/novacula/agent.toml", "/root/etc"],
  ])("is not copied through the link %s, onto itself: its folder is", (link, target, folder) => {
    const remedy = remedyText(broughtOut({ path: "/etc/novacula/agent.toml", target, link, by: HOME }));
    expect(remedy.replaceAll("sudo ", "").endsWith(`Run: rm ${link} && cp -a ${folder} ${link}`)).toBe(true);
  });

  it("is called a link if it is one", () => {
    const link = { path: "/etc/novacula/agent.toml", target: "/root/a.toml", by: HOME };
    expect(hiddenDetail(link)).toContain(
      "/etc/novacula/agent.toml, a link to /root/a.toml, because ProtectHome=yes",
    );
  });
});
