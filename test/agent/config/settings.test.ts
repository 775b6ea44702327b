import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIssue } from "../../../src/agent/config/issue/config-issue.ts";
import { parseConfig } from "../../../src/agent/config/parse-config.ts";
import { unfilledTemplate } from "../../../src/agent/stand-in/template.ts";

const toml = (value: string) => JSON.stringify(value);

async function issuesOf(setting: string, value: string): Promise<readonly string[]> {
  const [table = "", key = ""] = setting.split(".");
  const url = setting === "control_plane.url" ? "" : '[control_plane]\nurl = "https://cp.example.com"\n';
  const own = table === "control_plane" && url !== "" ? "" : `[${table}]\n`;
  const parsed = await parseConfig(`${url}${own}${key} = ${toml(value)}\n`, "agent.toml");
  return parsed.kind === "valid" ? [] : parsed.issues.map(formatIssue);
}

async function configOf(setting: "agent.public_host" | "control_plane.url", value: string) {
  const [table, key] = setting.split(".");
  const url = table === "agent" ? '[control_plane]\nurl = "https://cp.example.com"\n' : "";
  const parsed = await parseConfig(`${url}[${table}]\n${key} = ${toml(value)}\n`, "agent.toml");
  if (parsed.kind === "invalid") {
    return parsed.issues.map(formatIssue).join("\n");
  }
  return table === "agent" ? parsed.config.agent.publicHost : parsed.config.controlPlane.url;
}

const DOLLAR = "$";

describe("a template that nobody has filled in", () => {
  const PLACES = [
    `${DOLLAR}{HOSTNAME}`,
    `${DOLLAR}{HOST:-web}`,
    `${DOLLAR}HOSTNAME`,
    "{{ inventory_hostname }}",
    `${DOLLAR}{{ secrets.NAME }}`,
    "{% if a %}",
    "<%= node %>",
    "%H",
    "%HOSTNAME%",
    "%computername%",
    "%{HOST}",
    "@@HOST@@",
    `${DOLLAR}[HOST]`,
    "~{host}",
    "%(ENV_HOST)s",
    "<hostname>",
    "[HOSTNAME]",
    "[HOST_NAME]",
    "<your host>",
    "__HOST_NAME__",
    "@HOST@",
    "#{HOST}#",
    "((host))",
    "[[ host ]]",
    "{hostname}",
    `${DOLLAR}(hostname)`,
    "`hostname`",
  ];

  it.each(PLACES)("%s is refused as a name, alone or as a part of one", async (place) => {
    for (const value of [place, `web-${place}`, `${place}-web`]) {
      const issues = await issuesOf("agent.name", value);
      if (value !== place && /^[$`]\w|^`/u.test(place) && issues.length === 0) {
        continue;
      }
      expect(issues).toHaveLength(1);
      expect(issues[0]).toMatch(
        /^agent\.toml:4:1: agent\.name: is ".*", a template that nothing has filled in\. /u,
      );
      expect(issues[0]).toMatch(/write the value itself.* Without this line, the name is the host name\.$/u);
    }
  });

  it.each([
    ["agent.name", "CHANGEME"],
    ["agent.name", "change-me"],
    ["agent.name", "your-hostname"],
    ["control_plane.url", "https://your-control-plane.example.com"],
    ["agent.name", "TODO"],
    ["agent.name", "xxxx"],
    ["agent.name", "insert_name_here"],
    ["agent.name", "HOSTNAME_PLACEHOLDER"],
    ["agent.name", "replace-with-hostname"],
    ["agent.public_host", `${DOLLAR}{PUBLIC_IP}`],
    ["agent.public_host", "<public-ip>"],
    ["agent.data_dir", `/srv/${DOLLAR}{NAME}/data`],
    ["agent.runtime_dir", "/run/{{ name }}"],
    ["control_plane.url", `https://${DOLLAR}{CP_HOST}`],
    ["control_plane.url", "https://CP_HOST"],
    ["control_plane.url", "https://HOST:3000"],
    ["control_plane.url", "https://{{ cp }}:3000"],
    ["control_plane.url", "https://<your-control-plane>"],
    ["control_plane.url", "https://your-domain.com"],
    ["control_plane.url", "https://changeme.example.com"],
    ["control_plane.url", "@CP_URL@"],
    ["control_plane.proxy", `http://${DOLLAR}{PROXY_HOST}:3128`],
    ["control_plane.proxy", "http://PROXY_HOST:3128"],
    ["control_plane.proxy", "http://@PROXY_HOST@:3128"],
    ["control_plane.proxy", `http://${DOLLAR}{USER}:${DOLLAR}{PASSWORD}@proxy:3128`],
    ["control_plane.proxy", "http://user:%PASSWORD%@proxy:3128"],
    ["control_plane.proxy", "http://user:__PASSWORD__@proxy:3128"],
    ["control_plane.proxy", "http://user:a-{{ password }}@proxy:3128"],
    ["control_plane.proxy", `http://user:pw@${DOLLAR}PROXY_HOST:3128`],
    ["control_plane.ca_file", "/etc/ssl/{{ ca }}.pem"],
    ["control_plane.access_token_file", "{{ key_file }}"],
    ["control_plane.access_token_file", "@KEY_FILE@"],
    ["logging.level", `${DOLLAR}{LOG_LEVEL}`],
    ["agent.channel", "{{ channel }}"],
  ])("%s = %j is refused", async (setting, value) => {
    const issues = await issuesOf(setting, value);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(`${setting}: is `);
    expect(issues[0]).toContain(", a template that nothing has filled in. ");
  });

  it.each([
    ["agent.name", "undefined"],
    ["agent.name", "null"],
    ["agent.name", "None"],
    ["agent.name", "[object Object]"],
    ["agent.name", "(null)"],
    ["agent.name", "<nil>"],
    ["agent.public_host", "<no value>"],
    ["control_plane.proxy", "null"],
  ])("%s = %j is a variable without a value", async (setting, value) => {
    expect(await issuesOf(setting, value)).toEqual([
      expect.stringContaining("what a program writes for a variable that is not set. Set that variable"),
    ]);
  });

  it.each([
    ["control_plane.url", "vault:secret/data/cp#url", "Vault"],
    ["control_plane.proxy", "op://acme/proxy/url", "1Password"],
    ["agent.name", "arn:aws:ssm:eu-west-1:1:parameter/name", "Parameter Store"],
    ["agent.public_host", "ENC[AES256_GCM,data:x]", "SOPS"],
  ])("%s = %j was to be resolved", async (setting, value, who) => {
    expect(await issuesOf(setting, value)).toEqual([
      expect.stringMatching(new RegExp(`${who}.*Write the value itself`, "u")),
    ]);
  });

  it.each([
    "p%C3%A4ss%E2%82%AC",
    "%C3%84%C3%96%C3%9C",
    "a%2Fb%3Ac%40d",
    `pa${DOLLAR}${DOLLAR}WORD`,
    "a__B__c",
    "x@PW@y",
    "a{b}c[DE]((f))",
    `q${DOLLAR}{`,
  ])("is not seen in a password of a proxy: %s", async (password) => {
    const proxy = `http://user:${password}@proxy.example.com:3128`;
    expect(await issuesOf("control_plane.proxy", proxy)).toEqual([]);
    expect(unfilledTemplate(proxy)).toBeUndefined();
  });

  it.each(["https://cp.example.com/%C3%A4", "https://cp.example.com/%E2%82%AC/graphql"])(
    "is not seen in the encoded path of %s",
    async (url) => expect(await issuesOf("control_plane.url", url)).toEqual([]),
  );

  it("is not seen in a legal name", async () => {
    const host = fc.stringMatching(
      /^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,10}[a-z0-9])?){0,2}$/u,
    );
    const names = [
      "web-1",
      "WEB_01",
      "db$1",
      "50%",
      "a@b",
      "#1",
      "rack(2)",
      "M&M",
      "C++",
      "x{2}",
      "r[1]",
      "my-host",
      "the-server",
      "todo-api",
      "nullpointer",
      "gr\u00fcn",
      "~x~",
      "100%-cpu",
      "a < b",
      "change-management",
      "placeholder-2b",
    ];
    for (const name of names) {
      expect([name, unfilledTemplate(name)]).toEqual([name, undefined]);
    }
    await fc.assert(
      fc.asyncProperty(host, async (name) => {
        fc.pre(!/^(?:x{3,}|todo|tbd|fixme|null|nil)$/u.test(name));
        expect(await issuesOf("agent.name", name)).toEqual([]);
      }),
    );
  });
});

describe("a URL that cannot be meant", () => {
  it.each([
    ["https://https://cp.example.com", "with the scheme once"],
    ["https://http://localhost", "with the scheme once"],
    ["https://https//cp.example.com", "with the scheme once"],
    ["https://https:cp.example.com", "with the scheme once"],
    ["https://cp.example.com,", "without a comma, a semicolon or a quote at its end"],
    ["https://cp.example.com;", "without a comma, a semicolon or a quote at its end"],
    ["https://cp.example.com/graphql'", "without a comma, a semicolon or a quote at its end"],
    ["https://cp.example.com,https://b.example.com", "with the scheme once"],
    ["https://a.example.com;b.example.com", "without a comma, a semicolon or a bar"],
    ["https://cp..example.com", "without an empty part"],
    ["https://.example.com", "without an empty part"],
    ["https://cp\u3002\u3002example.com", "without an empty part"],
    [
      "https://cp\uff1a443",
      "with letters, digits, hyphens and dots only, and so without the character U+FF1A",
    ],
    ["https://cp\uff0fexample.com", "without the character U+FF0F"],
    ["https://cp\u2026example.com", "without the character U+2026"],
    ["https://c\u2013p.example.com", "without the character U+2013"],
    ["https://c\u2212p.example.com", "without the character U+2212"],
    ["https://-cp.example.com", "do not begin or end with a hyphen"],
    ["https://cp-.example.com", "do not begin or end with a hyphen"],
    ["https://*.example.com", "without a star"],
    ["https://cp.example.com)", "without brackets and other signs"],
    ["https://cp.example.com}", "without brackets and other signs"],
    ["https://cp+1.example.com", "without brackets and other signs"],
    ["https://cp=a.example.com/x", "without brackets and other signs"],
    ["https://cp.example.com:0", "with a port from 1 to 65535"],
    ["https://cp.example.com:99999", "with a port from 1 to 65535"],
    ["https://cp.example.com:https", "with a port from 1 to 65535"],
    ["https://cp.example.com/graphql/graphql", "with /graphql at most once"],
    ["https://cp.example.com/graphql/GraphQL/", "with /graphql at most once"],
    ["https://1", "this is 0.0.0.1"],
    ["https://010.0.0.1", "this is 8.0.0.1"],
    ["https://0x0a000001:3000", "this is 10.0.0.1"],
    ["https://10.1", "this is 10.0.0.1"],
    ["https://0.0.0.0:3000", "0.0.0.0 and :: are all addresses"],
    ["https://[::]:3000", "0.0.0.0 and :: are all addresses"],
    ["https://[fe80::1%25eth0]", "without the zone of an address"],
    ["https://[fe80::1%eth0]:443", "without the zone of an address"],
    ["https://[fe80::1]", "without a link-local address"],
    ["https://2001:db8::1", "with brackets around an IPv6 address"],
    ["https://[2001:db8::1", "with a closing bracket behind the IPv6 address"],
    ["https://[2001:db8::zz]:3000", "with an IPv6 address in the brackets: this is none"],
    ["https://cp.example.com:443:443", "with one port"],
    ["https://192.0.2.300", "as four decimal numbers from 0 to 255"],
    ["https://1.2.3.4.5:3000", "as four decimal numbers from 0 to 255"],
    [`https://${"a".repeat(64)}.example.com`, "and 63 between two dots"],
    ["http://localhost.localdomain", "http://localhost in place of this name"],
    ["http://localhost.", "http://localhost in place of this name"],
    ["http://cp.localhost:3000", "http://localhost in place of this name"],
    ["http://ip6-localhost", "http://localhost in place of this name"],
  ])("%s", async (url, why) => {
    const issues = await issuesOf("control_plane.url", url);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(why);
  });

  it.each([
    ["http://https://proxy:3128", "with the scheme once"],
    ["http://user:pw@proxy:0", "with a port from 1 to 65535"],
    ["http://proxy..example.com:3128", "without an empty part"],
    ["http://0300.0.0.1:3128", "this is 192.0.0.1"],
    ["http://proxy:3128,", "without a comma"],
    ["http://xn--a:3128", "whose xn-- code (Punycode) is whole"],
    ["http://user:pw@proxy.xn--0:3128", "whose xn-- code (Punycode) is whole"],
  ])("is refused as a proxy too: %s", async (url, why) => {
    expect(await issuesOf("control_plane.proxy", url)).toEqual([expect.stringContaining(why)]);
  });
});

describe("a name in the code of international names", () => {
  it.each([
    "https://xn--a",
    "https://XN--A.example.com:8443",
    "https://xn--99999999.example",
    "https://xn--u-ccb",
    "https://xn--bcher-kv.example",
    "https://xn--a\uff0eexample.com",
    "https://cp.example.xn--0.",
  ])("is refused if it is the code of no name: %s", async (url) => {
    expect(await issuesOf("control_plane.url", url)).toEqual([
      expect.stringMatching(/xn-- code \(Punycode\) is whole|letters, digits/u),
    ]);
  });

  it("is not longer than DNS allows, although the name is not", async () => {
    expect(await issuesOf("control_plane.url", `https://${"\u00fc".repeat(61)}.example`)).toEqual([
      expect.stringContaining("63 between two dots"),
    ]);
  });
});

describe("a URL that is meant", () => {
  it.each([
    ["https://cp.example.com.", "https://cp.example.com."],
    ["https://cp_1.example.com", "https://cp_1.example.com"],
    ["https://CP.Example.com", "https://cp.example.com"],
    ["https://b\u00fccher.example", "https://xn--bcher-kva.example"],
    ["https://xn--bcher-kva.example", "https://xn--bcher-kva.example"],
    ["https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example"],
    ["https://xn--n3h.example", "https://xn--n3h.example"],
    [
      `https://${"\u00fc".repeat(50)}.example`,
      `https://${new URL(`https://${"\u00fc".repeat(50)}.example`).hostname}`,
    ],
    ["https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"],
    ["https://a\u3002b.jp", "https://a.b.jp"],
    ["https://cp\uff0eexample\uff61com", "https://cp.example.com"],
    ["https://192.0.2.1", "https://192.0.2.1"],
    ["https://cp.example.com:/", "https://cp.example.com"],
    ["http://127.1:3000", "http://127.0.0.1:3000"],
    ["http://[::ffff:127.0.0.1]:3000", "http://[::ffff:7f00:1]:3000"],
    ["https://https.example.com", "https://https.example.com"],
    ["https://cp.localhost", "https://cp.localhost"],
    ["https://example.com/https/graphql", "https://example.com/https"],
    ["https://a--b.example.com/x,y", "https://a--b.example.com/x,y"],
  ])("%s is accepted", async (url, meant) => {
    expect(await configOf("control_plane.url", url)).toBe(meant);
  });

  it("is any host name, with any port", async () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/u);
    const port = fc.integer({ min: 1, max: 65_535 });
    await fc.assert(
      fc.asyncProperty(fc.array(label, { minLength: 1, maxLength: 4 }), port, async (labels, number) => {
        fc.pre(!labels.some((one) => unfilledTemplate(one) !== undefined || one.startsWith("xn--")));
        const url = new URL(`https://${labels.join(".")}:${number}`).origin;
        expect(await configOf("control_plane.url", url)).toBe(url);
      }),
    );
  });
});

describe("agent.public_host", () => {
  it.each([
    ["my_host.corp", "without an underscore, which no host name has"],
    ["host:3000", "without a port"],
    ["[2001:db8::1]:3000", "without a port"],
    ["https://host.corp", "without a scheme"],
    ["host.corp/path", "without a path"],
    ["10.0.0.0/8", "without a path or the length of a network"],
    ["user@host.corp", "without a user name"],
    ["*.corp", "without a star"],
    ["host..corp", "without an empty part"],
    ["-host.corp", "do not begin or end with a hyphen"],
    ["host corp", "without white space"],
    ["a.corp,b.corp", "without a comma"],
    ["010.0.0.1", "with an IP address as four decimal numbers"],
    ["256.0.0.1", "with an IP address as four decimal numbers"],
    ["10.1", "with an IP address as four decimal numbers"],
    ["0.0.0.0", "all addresses of a server"],
    ["::", "all addresses of a server"],
    ["fe80::1%eth0", "without the zone of an address"],
    ["fe80::1", "without a link-local address"],
    ["host!.corp", "with letters, digits, hyphens and dots only, and so without the character U+0021"],
    ["ho\u2011st.corp", "without the character U+2011"],
    ["host\u200b.corp", "without the character U+200B"],
    ["host\u3002\uff0ecorp", "without an empty part"],
    ["224.0.0.1", "for groups (multicast) or for nobody"],
    ["255.255.255.255", "for groups (multicast) or for nobody"],
    ["ff02::1", "for groups (multicast) or for nobody"],
    ["xn--a.corp", "whose xn-- code (Punycode) is whole"],
  ])("%s is refused with the reason", async (host, why) => {
    const issues = await issuesOf("agent.public_host", host);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(why);
  });

  it.each([
    ["host.corp.", "host.corp"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["b\u00fccher.example", "xn--bcher-kva.example"],
    ["host\u3002corp", "host.corp"],
    ["host\uff0ecorp\uff61", "host.corp"],
    ["Host.Corp", "Host.Corp"],
    ["192.0.2.1", "192.0.2.1"],
    ["2001:DB8::1", "2001:DB8::1"],
    ["host-1", "host-1"],
    ["3com.example", "3com.example"],
  ])("%s is read as %s", async (host, meant) => {
    expect(await configOf("agent.public_host", host)).toBe(meant);
  });
});
