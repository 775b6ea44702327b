import { describe, expect, it } from "vitest";
import { environmentFile } from "../../../../src/agent/systemd/service/environment-file.ts";
import { quotedWords } from "../../../../src/agent/systemd/service/quoted-words.ts";
import { serviceEnvironment } from "../../../../src/agent/systemd/service/service-environment.ts";
import { configArgument, decodeServiceFacts } from "../../../../src/agent/systemd/service/service-facts.ts";
import { assignmentsOf, inForce } from "../../../../src/agent/systemd/service/unit-files.ts";
import { serviceFacts } from "../../../support/agent/service-facts.ts";

const UNIT = "/usr/lib/systemd/system/novacula-agent.service";
const DROP_IN = "/etc/systemd/system/novacula-agent.service.d/p.conf";

describe("words of systemd", () => {
  // What systemd 252 and 257 print for these variables.
  const PRINTED = String.raw`"HTTPS_PROXY=http://u:p w@127.0.0.1:9" FOO=bar "BAZ=a\"b" "NL=a\nb" "SQ=it's" "DOLLAR=a\$b" PCT=50% "BS=a\\b" UML=ü EMPTY=`;
  const VARIABLES = [
    "HTTPS_PROXY=http://u:p w@127.0.0.1:9",
    "FOO=bar",
    'BAZ=a"b',
    "NL=a\nb",
    "SQ=it's",
    "DOLLAR=a$b",
    "PCT=50%",
    String.raw`BS=a\b`,
    "UML=ü",
    "EMPTY=",
  ];

  it("are read as systemctl prints them", () => {
    expect(quotedWords(PRINTED)).toEqual(VARIABLES);
  });

  it.each([
    [`MGR=$'a b'`, ["MGR=a b"]],
    [String.raw`$'MGR=it\'s \x41\101'`, ["MGR=it's AA"]],
    [`  A=1\tB="2 3"  'C=4' `, ["A=1", "B=2 3", "C=4"]],
    [`A="unfinished`, ["A=unfinished"]],
    ["", []],
  ])("%s", (line, words) => {
    expect(quotedWords(line)).toEqual(words);
  });
});

describe("the files of a unit", () => {
  const TEXT = [
    "# Environment=A=0",
    "[Unit]",
    "Description=x",
    "[Service]",
    "Environment=A=1 \\",
    "  # between",
    '  "B=2 3"',
    "; Environment=A=9",
    " Environment = C=4 ",
    "ExecStart=/usr/bin/novacula-agent run",
  ].join("\r\n");

  it("have assignments with the line in which each begins", () => {
    const found = inForce(assignmentsOf(TEXT, UNIT), "Service", "Environment");
    expect(found.map(({ line, value }) => [line, quotedWords(value)])).toEqual([
      [5, ["A=1", "B=2 3"]],
      [9, ["C=4"]],
    ]);
  });

  it("take back with an empty value what an earlier file says", () => {
    const later = assignmentsOf("[Service]\nExecStart=\nExecStart=/x run -c /srv/a.toml\n", DROP_IN);
    expect(inForce([...assignmentsOf(TEXT, UNIT), ...later], "Service", "ExecStart")).toMatchObject([
      { file: DROP_IN, line: 3 },
    ]);
  });
});

describe("the environment of the service", () => {
  const environment = serviceEnvironment({
    facts: serviceFacts(
      "Environment=HTTPS_PROXY=http://d:1 NODE_OPTIONS=x KEPT=1\nUnsetEnvironment=NODE_OPTIONS",
    ),
    assignments: [
      ...assignmentsOf("[Service]\nEnvironment=HTTPS_PROXY=http://u:1 KEPT=1\n", UNIT),
      ...assignmentsOf("\n[Service]\nEnvironment=HTTPS_PROXY=http://d:1\nLoadCredential=k:/etc/k\n", DROP_IN),
    ],
    manager: "LANG=C.UTF-8\nKEPT=0\nMGR=$'a b'\n",
    files: [{ path: "/etc/default/x", text: '# c\nNO_PROXY=\'a b\'\nQ="a\\"b"\nLONG=a\\\nb\nnot a line\n' }],
  });

  it("has the values that systemd would set", () => {
    expect(environment.variables).toMatchObject({
      HTTPS_PROXY: "http://d:1",
      KEPT: "1",
      MGR: "a b",
      LANG: "C.UTF-8",
      NO_PROXY: "a b",
      Q: 'a"b',
      LONG: "ab",
      STATE_DIRECTORY: "/var/lib/novacula",
      RUNTIME_DIRECTORY: "/run/novacula",
      CREDENTIALS_DIRECTORY: "/run/credentials/novacula-agent.service",
    });
    expect(environment.variables).not.toHaveProperty("NODE_OPTIONS");
  });

  it("knows the file and the line of each", () => {
    const { sources, unset, ignored } = environment;
    expect(ignored).toEqual(["/etc/default/x line 6"]);
    expect(sources.get("HTTPS_PROXY")).toBe(`${DROP_IN} line 3`);
    expect(sources.get("KEPT")).toBe(`${UNIT} line 2`);
    expect(sources.get("NO_PROXY")).toBe("/etc/default/x line 2");
    expect(sources.get("LANG")).toContain("show-environment");
    expect([...unset]).toEqual([["NODE_OPTIONS", "Environment= of novacula-agent.service"]]);
  });
});

describe("a line of a file of the environment", () => {
  it.each([
    ["export HTTPS_PROXY=http://p:1", true],
    ["setenv HTTPS_PROXY http://p:1", true],
    ["not a line", true],
    ["1ST=1", true],
    ["MY-PROXY=1", true],
    ["=1", true],
    ["HTTPS_PROXY = http://p:1", false],
    ["  A=1", false],
    ["A=", false],
    ["  # export A=1", false],
    ["; A", false],
    ["   ", false],
    ["", false],
  ])("%j is ignored by systemd: %s", (line, isIgnored) => {
    const text = `FIRST=a\\\nb\n${line}\r\nLAST=1\n`;
    const { variables, ignoredLines } = environmentFile(text);
    expect(ignoredLines).toEqual(isIgnored ? [3] : []);
    expect(variables.at(-1)).toEqual({ name: "LAST", value: "1", line: 4 });
  });
});

it.each([
  ["export NOVACULA_CONFIG=/srv/a.toml", "/etc/default/x line 2"],
  ["set NOVACULA_CONFIG /srv/a.toml", "/etc/default/x line 2"],
  ["NOVACULA_CONFIG=/srv/a.toml", undefined],
  ["# export NOVACULA_CONFIG=/srv/a.toml", undefined],
  ["export HTTPS_PROXY=http://proxy:3128", undefined],
])("%j is the line that systemd ignores and that should name the file: %s", (line, place) => {
  const files = [{ path: "/etc/default/x", text: `# a\n${line}\nexport B=1\n` }];
  const parts = { facts: serviceFacts(), assignments: [], manager: "", files };
  expect(serviceEnvironment(parts).ignoredPath).toBe(place);
});

describe("a value in an environment file", () => {
  it.each([
    ['"a" # comment', "a# comment"],
    ["'a' 'b'", "ab"],
    ['"a"b\\c', "abc"],
    ["a # comment", "a # comment"],
    ['a "b"', 'a "b"'],
    ['"a', '"a'],
    [`"a\\"b"'c'`, 'a"bc'],
    ["", ""],
  ])("%j is read as systemd does", (written, value) => {
    expect(environmentFile(`A=${written}`).variables).toEqual([{ name: "A", value, line: 1 }]);
  });
});

describe("what systemctl shows", () => {
  const shown = (argv: string) =>
    `ExecStart={ path=/usr/bin/novacula-agent ; argv[]=${argv} ; ignore_errors=no ; start_time=[n/a] ; pid=0 ; status=0/0 }`;

  it.each([
    ["/usr/bin/novacula-agent run", undefined],
    ["/usr/bin/novacula-agent run --config /srv/my file.toml", "/srv/my file.toml"],
    ["/usr/bin/novacula-agent run -c /srv/a.toml", "/srv/a.toml"],
    ["/usr/bin/novacula-agent run --config=/srv/a.toml", "/srv/a.toml"],
    ["/opt/node /opt/agent/main.js run -c a.toml", "a.toml"],
    ["/usr/bin/novacula-agent run --config /srv/a.toml # prod", "/srv/a.toml"],
    ["/usr/bin/novacula-agent run --config /srv/a#1.toml", "/srv/a#1.toml"],
  ])("%s", (argv, path) => {
    expect(configArgument(serviceFacts(shown(argv)))).toBe(path);
  });

  it.each(["MainPID=many", "ExecMainStatus=-1", "LoadState=loaded\nLoadState=masked"])(
    "is refused as a whole if it is not what systemd prints: %s",
    (line) => {
      expect(decodeServiceFacts(line)).toBeUndefined();
    },
  );
});
