import { describe, expect, it } from "vitest";
import { credentialSource, decodeCredentials } from "../../../src/agent/systemd/unit-credentials.ts";

const EMPTY_LOAD = '{"type":"a(ss)","data":[]}';
const EMPTY_SET = '{"type":"a(say)","data":[]}';

/** As busctl of systemd 252 and 257 prints them. */
const SHOWN = `{"type":"a(ss)","data":[["plain","/etc/cred/k"],["folder","/etc/cred/dir"],["blank","/etc/cred/a b"],["stored","stored"],["both","/etc/cred/both"]]}
{"type":"a(ss)","data":[["enc","/etc/cred/enc.cred"]]}
{"type":"a(say)","data":[["both",[100,101]],["inline",[101,120,99]]]}
{"type":"a(say)","data":[["inlenc",[90,28]]]}
`;

describe("the source of a credential", () => {
  it.each([
    ["plain", { kind: "path", isEncrypted: false, path: "/etc/cred/k" }],
    ["blank", { kind: "path", isEncrypted: false, path: "/etc/cred/a b" }],
    ["stored", { kind: "store", isEncrypted: false, name: "stored" }],
    ["enc", { kind: "path", isEncrypted: true, path: "/etc/cred/enc.cred" }],
    ["folder_one", { kind: "folder", isEncrypted: false, path: "/etc/cred/dir", entry: "one" }],
    ["inline", { kind: "inline", isEncrypted: false }],
    ["inlenc", { kind: "inline", isEncrypted: true }],
    ["nova.key", { kind: "import", pattern: "nova.*" }],
    ["other", { kind: "import", pattern: "other" }],
    ["none", undefined],
    ["plai", undefined],
    ["others", undefined],
  ])("of %s", (name, source) => {
    const credentials = decodeCredentials(SHOWN, '{"type":"as","data":["nova.*","other"]}\n');
    expect(credentials && credentialSource(name, credentials)).toEqual(source);
  });

  it("is the file where a file and a text in the unit have the same name", () => {
    const credentials = decodeCredentials(SHOWN);
    expect(credentials && credentialSource("both", credentials)).toMatchObject({ path: "/etc/cred/both" });
  });

  it("is known without ImportCredential=, which systemd 252 does not have", () => {
    expect(decodeCredentials(SHOWN, undefined)?.imported).toEqual([]);
  });

  it("never holds what a unit sets", () => {
    expect(JSON.stringify([...(decodeCredentials(SHOWN)?.inline ?? [])])).not.toContain("101");
  });
});

describe("an answer of the bus that nobody knows", () => {
  it.each([
    ["nothing", ""],
    ["too few lines", `${EMPTY_LOAD}\n${EMPTY_LOAD}\n${EMPTY_SET}\n`],
    ["too many lines", `${EMPTY_LOAD}\n${EMPTY_LOAD}\n${EMPTY_SET}\n${EMPTY_SET}\n${EMPTY_SET}\n`],
    ["another order", `${EMPTY_SET}\n${EMPTY_SET}\n${EMPTY_LOAD}\n${EMPTY_LOAD}\n`],
    ["another type", `{"type":"as","data":[]}\n${EMPTY_LOAD}\n${EMPTY_SET}\n${EMPTY_SET}\n`],
    ["a triple", `{"type":"a(ss)","data":[["a","b","c"]]}\n${EMPTY_LOAD}\n${EMPTY_SET}\n${EMPTY_SET}\n`],
    ["a number", `{"type":"a(ss)","data":[["a",1]]}\n${EMPTY_LOAD}\n${EMPTY_SET}\n${EMPTY_SET}\n`],
    ["no JSON", `a(ss) 0\n${EMPTY_LOAD}\n${EMPTY_SET}\n${EMPTY_SET}\n`],
  ])("is no answer: %s", (_what, text) => {
    expect(decodeCredentials(text)).toBeUndefined();
  });

  it("is one if nothing is set", () => {
    const text = `${EMPTY_LOAD}\n${EMPTY_LOAD}\n${EMPTY_SET}\n${EMPTY_SET}\n`;
    expect(decodeCredentials(text)?.loaded.size).toBe(0);
  });
});
