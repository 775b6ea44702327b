import { describe, expect, it } from "vitest";
import { formatIssue } from "../../../src/agent/config/issue/config-issue.ts";
import { parseConfig } from "../../../src/agent/config/parse-config.ts";
import { leaked, minimal, rareLetters } from "../../support/agent/config-file.ts";

const L = rareLetters();
const K = `exc_${L}`;

async function issues(text: string): Promise<readonly string[]> {
  const parsed = await parseConfig(text, "agent.toml");
  if (parsed.kind === "valid") {
    return [];
  }
  expect(leaked(L, JSON.stringify(parsed))).toEqual([]);
  return parsed.issues.map(formatIssue);
}

describe("a mistake in agent.toml", () => {
  const HTTPS = 'the control plane\'s address, such as "https://cp.example.com"';
  const PROXY = 'a proxy such as "http://proxy.example.com:3128", or "none" for no proxy';
  const PATH = 'It must be an absolute path such as "/var/lib/novacula".';

  it.each([
    ["", /^agent\.toml: is empty\. Restore it from a backup: /u],
    [
      "[control_plane]\n",
      `agent.toml:1:2: control_plane.url: is not set. Add url to [control_plane]: ${HTTPS}.`,
    ],
    [
      minimal('acces_token = "x"'),
      "agent.toml:3:1: control_plane.acces_token: unknown setting. Rename acces_token to access_token.",
    ],
    [
      minimal('"accessToken" = "x"'),
      "agent.toml:3:1: control_plane.accessToken: unknown setting. Rename accessToken to access_token.",
    ],
    [
      minimal('api_key = "x"'),
      "agent.toml:3:1: control_plane.api_key: unknown setting. Rename api_key to access_token.",
    ],
    [
      minimal('urll = "https://a.example"'),
      "agent.toml:3:1: control_plane.urll: unknown setting. [control_plane] has url already: delete this line.",
    ],
    [
      minimal('[agent]\nname = "a"\n[agnet]\nname = "b"'),
      "agent.toml:5:2: agnet: unknown table. There is a table [agent] already: move these lines into it.",
    ],
    [
      minimal('[agent]\nurll = "https://a.example"'),
      "agent.toml:4:1: agent.urll: unknown setting. Write it as url, below [control_plane].",
    ],
    [
      `agnet = 1\n${minimal("")}`,
      "agent.toml:1:1: agnet: unknown setting. Rename it, and write [agent] on a line of its own.",
    ],
    [
      minimal('level = "info"'),
      "agent.toml:3:1: control_plane.level: unknown setting. level belongs in [logging].",
    ],
    [
      minimal('[agent]\nhost = "a"'),
      "agent.toml:4:1: agent.host: unknown setting. Rename host to public_host.",
    ],
    [
      minimal("[reporter]\ninterval = 5"),
      "agent.toml:4:1: reporter.interval: unknown setting. Rename interval to interval_secs.",
    ],
    [
      minimal("[logging]\ncolour = true"),
      "agent.toml:4:1: logging.colour: unknown setting. [logging] has level, format. Delete the line, or put a # in front of it.",
    ],
    [
      minimal("[control-plane]"),
      "agent.toml:3:2: control-plane: unknown table. There is a table [control_plane] already: move these lines into it.",
    ],
    [
      minimal("[metrics]\nport = 1"),
      "agent.toml:3:2: metrics: unknown table. The tables are [agent], [control_plane], [logging], [reconciler], [reporter].",
    ],
    [
      `access_token = "${K}"\n${minimal()}`,
      "agent.toml:1:1: access_token: unknown setting. access_token belongs in [control_plane]: put it below the line [control_plane].",
    ],
    [
      `[agent]\naccess_token = "${K}"\n${minimal()}`,
      "agent.toml:2:1: agent.access_token: unknown setting. access_token belongs in [control_plane].",
    ],
    [
      minimal(`"${K}" = 1`),
      /^agent.toml:3:1: control_plane.\(a name that is not shown\): unknown setting\. /u,
    ],
    [
      minimal('[agent]\nname = ""'),
      /^agent.toml:4:1: agent.name: is empty. It must be a name of 1 to 63 printable/u,
    ],
    [
      minimal('[agent]\nname = " a"'),
      /^agent.toml:4:1: agent.name: is "a". It must be .* without white space at either end/u,
    ],
    [minimal('[agent]\nname = "a\\nb"'), /^agent.toml:4:1: agent.name: is "a b". It must be/u],
    [minimal(`[agent]\nname = "${"a".repeat(64)}"`), /^agent.toml:4:1: agent.name: is .* 1 to 63/u],
    [
      minimal(`[agent]\nname = "${K}"`),
      /^agent.toml:4:1: agent.name: is a value that is not shown here\. .* A key belongs in control_plane\.access_token\.$/u,
    ],
    [minimal("[agent]\nname = 5"), /^agent.toml:4:1: agent.name: is the number 5. It must be/u],
    [minimal('[agent]\ndata_dir = "data"'), `agent.toml:4:1: agent.data_dir: is "data". ${PATH}`],
    [
      minimal('[agent]\ndata_dir = "~/data"'),
      `agent.toml:4:1: agent.data_dir: is "~/data". ${PATH} Neither ~ nor variables are expanded here.`,
    ],
    [
      minimal('[agent]\npublic_host = "https://a"'),
      /^agent.toml:4:1: agent.public_host: is "https:\/\/a". It must be a host name/u,
    ],
    [
      minimal('[agent]\nchannel = "Stable"'),
      'agent.toml:4:1: agent.channel: is "Stable". It must be one of "stable", "beta", "dev". Write "stable".',
    ],
    [
      minimal('[logging]\nlevel = "warning"'),
      'agent.toml:4:1: logging.level: is "warning". It must be one of "debug", "info", "warn", "error". Write "warn".',
    ],
    [
      minimal('[logging]\nformat = "syslog"'),
      'agent.toml:4:1: logging.format: is "syslog". It must be one of "journal", "pretty", "json".',
    ],
    [
      minimal('sync_interval_secs = "5"'),
      'agent.toml:3:1: control_plane.sync_interval_secs: is "5". It must be a number of seconds from 0.5 to 15. Remove the quotes.',
    ],
    [
      minimal('sync_interval_secs = "7500ms"'),
      'agent.toml:3:1: control_plane.sync_interval_secs: is "7500ms". It must be a number of seconds from 0.5 to 15: write 7.5, without quotes.',
    ],
    [
      minimal('sync_interval_secs = "2m"'),
      'agent.toml:3:1: control_plane.sync_interval_secs: is "2m". It must be a number of seconds from 0.5 to 15.',
    ],
    [
      minimal("sync_interval_secs = 30"),
      "agent.toml:3:1: control_plane.sync_interval_secs: is the number 30. It must be a number of seconds from 0.5 to 15.",
    ],
    [
      minimal("sync_interval_secs = nan"),
      /is the number NaN. It must be a number of seconds from 0.5 to 15/u,
    ],
    [
      minimal("[reporter]\ninterval_secs = 99999999999999999999"),
      /^agent.toml:4:17: reporter.interval_secs: is too large a number/u,
    ],
    [
      minimal("[reporter]\nscrape_timeout_ms = true"),
      /is true. It must be a number of milliseconds from 100 to 60000/u,
    ],
    [
      minimal("access_token = 5"),
      'agent.toml:3:1: control_plane.access_token: is a number. It must be the key in quotes: access_token = "exc_…".',
    ],
    [minimal(`access_token = ["${K}"]`), /^agent.toml:3:1: control_plane.access_token: is an array/u],
    [minimal("access_token = 1979-05-27"), /^agent.toml:3:1: control_plane.access_token: is a date/u],
    [
      minimal(`access_token = "${K}"`, 'access_token_file = "/k"'),
      "agent.toml:4:1: control_plane.access_token_file: is set together with access_token, but there can be only one key. Delete one of the two settings.",
    ],
    [
      minimal('access_token_file = "keys/a"'),
      'agent.toml:3:1: control_plane.access_token_file: is "keys/a". It must be an absolute path such as "/etc/novacula/key", or the name of a systemd credential.',
    ],
    [
      minimal('access_token_file = "%d/key"'),
      /Neither ~ nor variables are expanded here; for a systemd credential, write only its name\.$/u,
    ],
    [
      minimal(`access_token_file = "${K}"`),
      /is a value that is not shown here\. .* A key belongs in control_plane\.access_token/u,
    ],
    [
      'control_plane = "x"',
      'agent.toml:1:1: control_plane: is "x", but must be a table. Write [control_plane] on a line of its own.',
    ],
    [
      '[[control_plane]]\nurl = "https://a"',
      /^agent.toml:1:3: control_plane: is an array, but must be a table\./u,
    ],
    [minimal('ca_file = "ca.pem"'), /is "ca.pem". It must be an absolute path/u],

    [
      '[control_plane]\nurl = "cp.example.com"',
      `agent.toml:2:1: control_plane.url: is "cp.example.com". It must be ${HTTPS}, starting with https://. Write: url = "https://cp.example.com"`,
    ],
    [
      '[control_plane]\nurl = "http://cp.example.com"',
      /is "http:\/\/cp.example.com". It must be https:\/\/ in place of http:\/\/, because plain HTTP shows the key/u,
    ],
    ['[control_plane]\nurl = "http://127.example.com"', /must be https:\/\/ in place of/u],
    ['[control_plane]\nurl = "http://[::2]"', /must be https:\/\/ in place of/u],
    ['[control_plane]\nurl = " https://cp.example.com"', /without white space or invisible characters/u],
    [
      '[control_plane]\nurl = "https://cp.example\\u200b.com"',
      /without white space or invisible characters/u,
    ],
    [
      `[control_plane]\nurl = "https://a:${L}@cp.example.com"`,
      /is a value that is not shown here\. .* without a user name or password/u,
    ],
    [
      `[control_plane]\nurl = "https://cp.example.com/?a=b"`,
      /is "https:\/\/cp.example.com\/\?a=b"\. .* without a query/u,
    ],
    [
      `[control_plane]\nurl = "https://cp.example.com/${K}"`,
      /is a value that is not shown here\. .* without a key in it/u,
    ],
    ['[control_plane]\nurl = "https://"', /starting with https/u],
    [
      '[agent]\npublic_host = "https://web-1.example.com:8443/x"\n[control_plane]\nurl = "https://a"',
      /without a scheme such as https:\/\/\. Write: public_host = "web-1\.example\.com"$/u,
    ],
    [
      '[control_plane]\nurl = "https://a:99999"',
      /^agent.toml:2:1: control_plane.url: is "https:\/\/a:99999". It must be/u,
    ],

    [
      minimal('proxy = "proxy:3128"'),
      `agent.toml:3:1: control_plane.proxy: is a value that is not shown here. It must be ${PROXY}, starting with http:// or https://.`,
    ],
    [minimal('proxy = "socks5://proxy:1080"'), /starting with http:\/\/ or https:\/\//u],
    [
      minimal(`proxy = "http://u:${L}%@proxy:3128"`),
      /a %, @, : or \/ in the user name or password is written as %25/u,
    ],
    [
      minimal('proxy = "http://u:%FF@proxy:3128"'),
      /a %, @, : or \/ in the user name or password is written as %25/u,
    ],
    [minimal('proxy = "http://proxy:3128/path"'), /without a path/u],
  ])("%#", async (text, sentence) => {
    const found = await issues(text);
    expect(found).toHaveLength(1);
    if (typeof sentence === "string") {
      expect(found).toEqual([sentence]);
    } else {
      expect(found[0]).toMatch(sentence);
    }
  });

  it("is said together with all others, in the order of the file, and with the key's own", async () => {
    const text = `[agent]\nnmae = "a"\n[control_plane]\nurl = "ftp://a"\naccess_token = "${K.slice(0, 20)}\u00a0${K.slice(20)}"\nprxy = "none"\n[logging]\nlevel = 5\n`;
    expect((await issues(text)).map((line) => line.split(". ")[0])).toEqual([
      "agent.toml:2:1: agent.nmae: unknown setting",
      'agent.toml:4:1: control_plane.url: is "ftp://a"',
      "agent.toml:5:37: control_plane.access_token: has U+00A0 NO-BREAK SPACE after character 20",
      "agent.toml:6:1: control_plane.prxy: unknown setting",
      "agent.toml:8:1: logging.level: is the number 5",
    ]);
  });
});

it("does not hide behind a key that is merely odd", async () => {
  const found = await issues(`[control_plane]\nurl = "ftp://a"\naccess_token = " ${K}"\n`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain("control_plane.url");
});

it("in the name of a table is told alone: what stands below that name is not missing", async () => {
  const settings = `url = "https://cp.example.com"\naccess_token = "${K}"\n`;
  for (const name of ["control-plane", "ControlPlane", "control_plan", "controlplane"]) {
    expect(await issues(`[${name}]\n${settings}[agnet]\nname = "a"`)).toEqual([
      `agent.toml:1:2: ${name}: unknown table. Rename [${name}] to [control_plane].`,
      "agent.toml:4:2: agnet: unknown table. Rename [agnet] to [agent].",
    ]);
  }
  expect(await issues(`[metrics]\n${settings}`)).toContainEqual(expect.stringContaining("url: is not set"));
  expect(await issues(`[control-plane]\n${settings}[control_plane]\n`)).toContainEqual(
    expect.stringContaining("url: is not set"),
  );
});

it("is not drowned in the unknown settings of another program's file", async () => {
  const rows = Array.from({ length: 5000 }, (_, index) => `option_${index} = 1`).join("\n");
  expect(await issues(`${rows}\n[agent]\n${rows}\n`)).toHaveLength(101);
});
