import { expect, it } from "vitest";
import { isPassingUser, ownerText, parseAccounts, readAccounts } from "../../src/lib/accounts.ts";

it("reads users and groups", () => {
  const passwd = "root:x:0:0::/root:/bin/sh\nnovacula:x:998:997::/var/lib/novacula:/usr/sbin/nologin\n";
  const group = "root:x:0:\nvault:x:500:www,novacula\n";
  expect(parseAccounts(passwd, group)).toEqual({
    users: [
      { name: "root", uid: 0, gid: 0 },
      { name: "novacula", uid: 998, gid: 997 },
    ],
    groups: [
      { name: "root", gid: 0, members: [] },
      { name: "vault", gid: 500, members: ["www", "novacula"] },
    ],
  });
});

it("leaves out lines that are none: an empty number is not root's", () => {
  const odd = "\n+::::::\nnobody\nghost:x::\n:x:0:\n#root:x:\n";
  expect(parseAccounts(odd, odd)).toEqual({ users: [], groups: [] });
});

it("finds root on this host", () => {
  const { users, groups } = readAccounts();
  expect(users).toContainEqual({ name: "root", uid: 0, gid: 0 });
  expect(groups.find(({ gid }) => gid === 0)?.name).toBe("root");
});

it("does not call a file nobody's that a sandbox hides the owner of", () => {
  const ids = { uid: 0, gid: 65_534 };
  expect(ownerText(ids, true)).toBe("owner root, group unknown in this sandbox");
  expect(ownerText(ids)).toMatch(/^owner root, group (?:nogroup|nobody|65534)$/u);
});

it.each([0, 998, 61_183, 65_520, 65_534, 1_000_640_000])("takes %i for no user of DynamicUser=", (uid) => {
  expect(isPassingUser(uid)).toBe(false);
});
