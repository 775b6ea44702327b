import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIssue } from "../../../src/agent/config/issue/config-issue.ts";
import { parseConfig } from "../../../src/agent/config/parse-config.ts";
import { alteredText } from "../../../src/agent/stand-in/altered-text.ts";
import { leaked, rareLetters } from "../../support/agent/config-file.ts";
import { ROOT } from "../../support/source-files.ts";

const L = rareLetters();
const FILE = `[agent]\nname = "web-1"\n\n[control_plane]\nurl = "https://cp.example.com"\naccess_token = "exc_${L}"\n`;
const lines = FILE.trimEnd().split("\n");
const onEach = (change: (line: string, number: number) => string) =>
  `${lines.map((line, index) => change(line, index + 1)).join("\n")}\n`;
const base64 = (text: string) => Buffer.from(text).toString("base64");

async function said(text: string): Promise<readonly string[]> {
  const parsed = await parseConfig(text, "agent.toml");
  const issues = parsed.kind === "valid" ? [] : parsed.issues.map(formatIssue);
  expect(leaked(L, issues.join("\n"))).toEqual([]);
  return issues;
}

describe("an agent.toml that was altered as a whole", () => {
  it.each<[string, string, RegExp]>([
    ["base64", base64(FILE), /^agent\.toml:1:1: is encoded in base64\. /u],
    ["base64 in lines", base64(FILE).replaceAll(/.{60}/gu, "$&\n"), /is encoded in base64\. /u],
    ["base64 twice", base64(base64(FILE)), /is encoded in base64, twice\. /u],
    [
      "hexadecimal digits",
      Buffer.from(FILE).toString("hex"),
      /is encoded in hexadecimal digits\. .*xxd -r -p/u,
    ],
    [
      "merge marks",
      `${FILE}<<<<<<< HEAD\n[logging]\n=======\n[agent]\n>>>>>>> b\n`,
      /:7:1: has the marks of a merge/u,
    ],
    ["a diff", `--- a/x\n+++ b/x\n@@ -1,6 +1,6 @@\n${onEach((line) => ` ${line}`)}`, /is a diff/u],
    ["an added file", onEach((line) => `+${line}`), /is a diff/u],
    ["cat -n", onEach((line, number) => `${String(number).padStart(6)}\t${line}`), /line number in front/u],
    ["grep -n", onEach((line, number) => `${number}:${line}`), /line number in front/u],
    [
      "bat",
      onEach((line, number) => `${String(number).padStart(4)} \u2502 ${line}`),
      /line number in front/u,
    ],
    ["a quoted mail", onEach((line) => `> ${line}`), /has > in front/u],
    ["a quoted quotation", onEach((line) => `>> ${line}`), /has > in front/u],
    ["a fence", `\`\`\`toml\n${FILE}\`\`\`\n`, /:1:1: has a fence of Markdown/u],
    ["a fence behind", `${FILE}\`\`\`\n`, /:7:1: has a fence of Markdown/u],
    [
      "a heredoc",
      `sudo tee /etc/novacula/agent.toml <<EOF\n${FILE}EOF\n`,
      /:1:1: has a line of a shell's here-doc/u,
    ],
    ["the end of a heredoc", `${FILE}EOF\n`, /:7:1: has a line of a shell's here-document/u],
    ["one line", FILE.trimEnd().replaceAll("\n", "\\n"), /is a single line in which line ends/u],
    ["one line in quotes", JSON.stringify(FILE), /is a single line in which line ends/u],
    ["a prompt", `$ cat agent.toml\n${FILE}`, /:1:1: has the prompt/u],
    ["colours", onEach((line) => `\u001b[33m${line}\u001b[0m`), /has the colours of a terminal/u],
    ["HTML", FILE.replaceAll('"', "&quot;"), /has characters in the spelling of HTML/u],
    ["RTF", `{\\rtf1\\ansi\n${FILE}}`, /is a document of a word processor/u],
    [
      "cloud-init",
      `#cloud-config\nwrite_files:\n- content: |\n${onEach((line) => `    ${line}`)}`,
      /cloud-init/u,
    ],
    ["ansible-vault", "$ANSIBLE_VAULT;1.1;AES256\n33363164\n3132\n", /is encrypted with ansible-vault/u],
    ["PGP", "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", /is encrypted with GnuPG/u],
    ["an HTTP answer", `HTTP/1.1 200 OK\r\n\r\n${FILE}`, /is an HTTP answer/u],
    [
      "a complaint",
      'Error from server (NotFound): configmaps "agent" not found\n',
      /error message of kubectl/u,
    ],
    ["a sentence", "You do not have permission to see this page.\n", /is a sentence/u],
  ])("%s", async (_how, text, sentence) => {
    const issues = await said(text);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(sentence);
    expect(issues[0]).toMatch(/[.] [A-Z][^\n]*[.]$/u);
  });
});

describe("a healthy agent.toml", () => {
  it("is called nothing else", async () => {
    const example = readFileSync(join(ROOT, "agent.example.toml"), "utf8");
    for (const text of [FILE, example, FILE.replaceAll("\n", "\r\n")]) {
      expect(alteredText(text)).toBeUndefined();
      expect(await said(text)).toEqual([]);
    }
  });

  it("may have every mark in a comment", async () => {
    const marks = [
      "EOF",
      "<<<<<<< HEAD",
      "=======",
      ">>>>>>> b",
      "```",
      "@@ -1 +1 @@",
      "> x",
      "1: x",
      "&quot;",
      "\\n",
    ];
    const comments = marks.map((mark) => `# ${mark}`).join("\n");
    expect(await said(`${comments}\n${FILE}`)).toEqual([]);
  });

  it("keeps the message about its own mistake, whatever names are in it", async () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9 .-]{0,40}[a-z0-9]$/u);
    await fc.assert(
      fc.asyncProperty(name, name, async (one, comment) => {
        const [issue] = await said(`# ${comment}\n[agent]\nname = ${one}x y\n`);
        expect(issue).toMatch(/^agent\.toml:3:\d+: agent\.name: /u);
      }),
    );
  });
});
