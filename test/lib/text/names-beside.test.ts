import { expect, it } from "vitest";
import { isPutAside, namesBeside } from "../../../src/lib/text/names-beside.ts";

it("has the files that are called like it first, and those that were put aside last", () => {
  const names = [
    "zz.pem",
    "cert.pem.old",
    "cert.pem",
    "a.pem~",
    "cert.pem.new",
    "a.pem",
    "cert-2.pem",
    "key.pem.before",
  ];
  expect(namesBeside("/etc/x/cert.pem", names)).toEqual([
    "cert-2.pem",
    "cert.pem.new",
    "a.pem",
    "zz.pem",
    "a.pem~",
    "cert.pem.old",
    "key.pem.before",
  ]);
  expect(names[0]).toBe("zz.pem");
});

it.each(["x~", "x.old", "x.bak2", "x.old.1", "x.orig", "x.dpkg-old", "x.rpmsave", "x.ucf-dist"])(
  "was put aside: %s",
  (name) => expect(isPutAside(name)).toBe(true),
);
it.each(["x.pem", "old.pem", "x.new", "x.pem.1", "bold"])("was not put aside: %s", (name) =>
  expect(isPutAside(name)).toBe(false),
);
