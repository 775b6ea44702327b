import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { checkConnection } from "../../../src/agent/doctor/check-connection.ts";
import { certificateHere } from "../../../src/agent/doctor/local/local-certificate.ts";
import type { LocalControlPlane } from "../../../src/agent/doctor/local/local-control-plane.ts";
import type { UnreachableCause } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { certificateFiles } from "../../../src/agent/systemd/service/certificate-files.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { tempDir, temporaryDirectory } from "../../support/temp-dir.ts";

const CAUSES = {
  "tls-untrusted": "the certificate of cp.test:8443 is signed by an authority that this host does not know",
  "tls-expired": "the certificate of cp.test:8443 expired on 2021-12-31",
  "tls-name-mismatch": "the certificate of cp.test:8443 is for old.test, not for that name",
} as const;
const EXT = (names: string) => `subjectAltName=${names}\nbasicConstraints=CA:false\n`;
const CA = "basicConstraints=critical,CA:true\n";

/** PEM texts: a root, an issuer below it, and certificates of two keys. */
let pki: Awaited<ReturnType<typeof makeCertificates>>;
beforeAll(() => {
  pki = makeCertificates();
}, 120_000);

function makeCertificates() {
  const { path: folder, remove } = temporaryDirectory();
  const openssl = (...args: readonly string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const text = (file: string) => readFileSync(join(folder, file), "utf8");
  for (const key of ["root", "issuing", "own", "other", "old"]) {
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", `${key}.key`);
  }
  const make = (
    name: string,
    key: string,
    ext: string,
    by: string | undefined,
    days = 30,
    subject = name,
  ) => {
    writeFileSync(join(folder, `${name}.ext`), ext);
    openssl("req", "-new", "-key", `${key}.key`, "-subj", `/CN=${subject}`, "-out", `${name}.csr`);
    const signer =
      by === undefined
        ? ["-signkey", `${key}.key`]
        : ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial"];
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-days",
      String(days),
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
      ...signer,
    );
    return text(`${name}.pem`);
  };
  const root = make("root", "root", CA, undefined, 60);
  const issuing = make("issuing", "issuing", CA, "root", 60);
  const good = EXT("DNS:cp.test,DNS:b.test");
  const made = {
    root,
    issuing,
    leaf: make("leaf", "own", good, "issuing"),
    ended: make("ended", "own", good, "issuing", -1),
    elsewhere: make("elsewhere", "own", EXT("DNS:old.test"), "issuing"),
    fewer: make("fewer", "own", EXT("DNS:cp.test"), "issuing"),
    later: make("later", "own", good, "issuing", 50),
    otherKey: make("otherKey", "other", good, "issuing"),
    ownEnded: make("ownEnded", "own", `subjectAltName=DNS:cp.test\n${CA}`, undefined, -1),
    ownSigned: make("ownSigned", "own", `subjectAltName=DNS:cp.test\n${CA}`, undefined),
    stray: make("stray", "other", EXT("DNS:x.test"), undefined),
    key: text("own.key"),
    otherSecret: text("other.key"),
    endedRoot: make("endedRoot", "root", CA, undefined, -1, "root"),
    twinRoot: make("twinRoot", "other", `${CA}subjectKeyIdentifier=none\n`, undefined, 60, "root"),
    old: make("old", "old", CA, undefined, 60),
    ofOld: make("ofOld", "other", good, "old"),
    direct: make("direct", "own", good, "root"),
  };
  remove();
  return made;
}

type Files = Readonly<Record<string, string>>;

/** What doctor says of a control plane that serves `cert.pem` of a folder with these files. */
async function said(
  files: Files,
  cause: keyof typeof CAUSES,
  more: Partial<LocalControlPlane> = {},
  caPem = pki.root,
) {
  const folder = tempDir();
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o644 });
  }
  return await saidOf(folder, cause, more, caPem);
}

async function saidOf(
  folder: string,
  cause: UnreachableCause & keyof typeof CAUSES,
  more: Partial<LocalControlPlane> = {},
  caPem = pki.root,
) {
  const certPath = join(folder, "cert.pem");
  const roots = [join(folder, "roots"), join(folder, "more")];
  const certificates = await certificateFiles(certPath, caPem, roots);
  const url = "https://127.0.0.10:8443";
  const local: LocalControlPlane = {
    active: "active",
    result: "success",
    isMasked: false,
    url,
    address: undefined,
    settings: {},
    certPath,
    isCertInFile: true,
    ...more,
  };
  const here = {
    local,
    isLoopbackUp: true,
    addresses: ["127.0.0.10"],
    certificates,
    caFile: join(folder, "ca.pem"),
  };
  const { steps, isWhole } = certificateHere(here, "https://cp.test:8443", cause, CAUSES[cause], Date.now());
  const text = remedyText(steps).replaceAll(folder, "/tls");
  const answer = {
    kind: "unreachable",
    cause,
    detail: CAUSES[cause],
    remedy: "Ask around.",
    serverTimeMs: undefined,
  } as const;
  const place = { url: "https://cp.test:8443", urlSource: "agent.toml", proxySource: undefined };
  const checks = checkConnection({ ...place, route: { kind: "direct" }, answer, here, nowMs: Date.now() });
  const whole = remedyText(checks.find(({ stage }) => stage === "tls")?.remedy ?? "");
  // A repair that is sure to help stands alone.
  expect(whole.replaceAll(folder, "/tls")).toBe(isWhole ? text : `Ask around. ${text}`);
  expect(text).not.toMatch(/BEGIN|PRIVATE/u);
  return { text, isWhole, folder, commands: steps.at(-1)?.run ?? "" };
}

/** Runs the commands in a shell without systemd and without root. */
function run(commands: string): void {
  const plain = commands.replaceAll(/(^|&& )sudo /gu, "$1").replace(/ && systemctl restart \S+$/u, "");
  execFileSync("sh", ["-c", plain]);
}

/** The chain is whole, so that is not what lacks. */
const OF_WHOLE = /serves the certificate in TLS_CERT \/tls\/cert\.pem\. To use another file, change/u;
const GENERAL = /That file needs the intermediate certificates, too\./u;

describe("a certificate that is served without its issuer's", () => {
  it.each(["fullchain.pem", "cert.pem.new", "a", "cp-bundle.crt"])(
    "has the file named that has both: %s",
    async (name) => {
      const { text, isWhole } = await said(
        { "cert.pem": pki.leaf, [name]: pki.leaf + pki.issuing },
        "tls-untrusted",
      );
      expect(isWhole).toBe(true);
      expect(text).toMatch(
        new RegExp(
          `^The control plane of this host serves the certificate in TLS_CERT /tls/cert\\.pem\\. /tls/${name}, beside it, has the same certificate with its chain\\. To set TLS_CERT=/tls/${name} in /etc/default/novacula-control-plane, run: (?:sudo )?sed -i --follow-symlinks 's#\\S+TLS_CERT\\S+=\\.\\*#TLS_CERT=/tls/${name}#' /etc/default/novacula-control-plane && (?:sudo )?systemctl restart novacula-control-plane$`,
          "u",
        ),
      );
    },
  );

  it("has that command change the line, and only that", async () => {
    const { commands, folder } = await said(
      { "cert.pem": pki.leaf, "full.pem": pki.leaf + pki.issuing },
      "tls-untrusted",
    );
    const settings = join(folder, "settings");
    writeFileSync(settings, '# TLS_CERT=/x\n TLS_CERT = "/old"\nTLS_KEY=/k\n', { mode: 0o640 });
    run(commands.replaceAll("/etc/default/novacula-control-plane", settings));
    expect(readFileSync(settings, "utf8")).toBe(`# TLS_CERT=/x\nTLS_CERT=${folder}/full.pem\nTLS_KEY=/k\n`);
    expect(statSync(settings).mode & 0o777).toBe(0o640);
  });

  it("has the setting said where it is not in the environment file", async () => {
    const files = { "cert.pem": pki.leaf, "full.pem": pki.leaf + pki.issuing };
    const { text } = await said(files, "tls-untrusted", { isCertInFile: false });
    expect(text).toMatch(
      /Set TLS_CERT=\/tls\/full\.pem where it is set now \(in the unit\), then run: (?:sudo )?systemctl restart/u,
    );
  });

  it("with a whole chain, whose root the agent lacks, has that root named and added", async () => {
    const { folder } = await said(
      { "cert.pem": pki.leaf + pki.issuing, "ca.pem": pki.stray },
      "tls-untrusted",
    );
    const lacking = await saidOf(folder, "tls-untrusted", {}, pki.stray);
    expect(lacking.text).toMatch(/, with that of its issuer\. The agent lacks the root above it\.$/u);
    expect(lacking.isWhole).toBe(false);
    mkdirSync(join(folder, "roots"));
    writeFileSync(join(folder, "roots", "a.crt"), pki.stray);
    writeFileSync(join(folder, "roots", "g2.crt"), pki.root);
    const { text, isWhole, commands } = await saidOf(folder, "tls-untrusted", {}, pki.stray);
    expect(text).toMatch(
      /lacks the root above it, which this host has as \/tls\/roots\/g2\.crt\. To add it/u,
    );
    expect(text).not.toMatch(GENERAL);
    expect(isWhole).toBe(true);
    run(commands);
    const added = await certificateFiles(join(folder, "ca.pem"), undefined);
    expect(added?.served.chain).toHaveLength(2);
  });

  it("with a whole chain is repaired by no file that the agent trusts, but by its root", async () => {
    // The agent has the old root, which issued what lies beside it, with its key.
    const files = {
      "cert.pem": pki.leaf + pki.issuing,
      "b.pem": pki.ofOld,
      "b.key": pki.otherSecret,
    };
    const { folder, text } = await said(files, "tls-untrusted", {}, pki.old);
    expect(text).toMatch(/The agent lacks the root above it\.$/u);
    mkdirSync(join(folder, "roots"));
    // Neither the same name with another key nor what has expired is the root.
    writeFileSync(join(folder, "roots", "a.crt"), pki.twinRoot);
    writeFileSync(join(folder, "roots", "b.crt"), pki.endedRoot);
    const lacking = await saidOf(folder, "tls-untrusted", {}, pki.old);
    expect(lacking.text).toMatch(/The agent lacks the root above it\.$/u);
    mkdirSync(join(folder, "more"));
    for (let index = 0; index < 100; index += 1) {
      writeFileSync(join(folder, "more", `a${index}.pem`), pki.stray);
    }
    writeFileSync(join(folder, "more", "g2.pem"), pki.root);
    symlinkSync("g2.pem", join(folder, "more", "0a1b2c3d.0"));
    const found = await saidOf(folder, "tls-untrusted", {}, pki.old);
    expect(found.text).toMatch(/which this host has as \/tls\/more\/g2\.pem\. To add it/u);
    expect(found.isWhole).toBe(true);
  });

  it("has the root added that issued it without any other between", async () => {
    const { folder } = await said({ "cert.pem": pki.direct }, "tls-untrusted", {}, pki.old);
    mkdirSync(join(folder, "roots"));
    writeFileSync(join(folder, "roots", "root.crt"), pki.root);
    const { text, isWhole } = await saidOf(folder, "tls-untrusted", {}, pki.old);
    expect(text).toMatch(/cert\.pem\. The agent lacks the root that issued it, which this host has as /u);
    expect(isWhole).toBe(true);
  });

  it("has a closed file opened, and its owner stays", async () => {
    const files = { "cert.pem": pki.leaf, "full.pem": pki.leaf + pki.issuing };
    const { folder } = await said(files, "tls-untrusted");
    chmodSync(join(folder, "full.pem"), 0o600);
    const { commands } = await saidOf(folder, "tls-untrusted");
    expect(commands).toMatch(/^(?:sudo )?chmod a\+r \S+\/full\.pem && /u);
    expect(commands).not.toContain("chown");
  });

  it("has the issuer added that lies beside it alone", async () => {
    const { text, isWhole, commands, folder } = await said(
      { "cert.pem": pki.leaf.trimEnd(), "chain.pem": pki.issuing, "stray.pem": pki.stray },
      "tls-untrusted",
    );
    expect(isWhole).toBe(true);
    expect(text).toContain("/tls/cert.pem, without its issuer's. /tls/chain.pem, beside it, has that one.");
    run(commands);
    expect((await certificateFiles(join(folder, "cert.pem"), undefined))?.served.chain).toHaveLength(2);
  });

  it("is not repaired by a file that adds only the root, or nothing", async () => {
    const whole = pki.leaf + pki.issuing;
    for (const beside of [whole, whole + pki.root, pki.leaf, pki.root, pki.stray, "no certificate"]) {
      const { text, isWhole } = await said({ "cert.pem": whole, "b.pem": beside }, "tls-untrusted");
      expect(text).toMatch(OF_WHOLE);
      expect(isWhole).toBe(false);
    }
  });

  it("is not repaired by a file with a private key in it", async () => {
    const { text } = await said(
      { "cert.pem": pki.leaf, "all.pem": pki.key + pki.leaf + pki.issuing },
      "tls-untrusted",
    );
    expect(text).toMatch(GENERAL);
  });
});

describe("a certificate that has expired", () => {
  const served = () => ({ "cert.pem": pki.ended + pki.issuing });

  it.each(["fullchain.pem.new", "cert-2026.pem", "cert.pem.old"])(
    "has the newer one of its key put in its place: %s",
    async (name) => {
      const { text, isWhole, commands, folder } = await said(
        { ...served(), [name]: pki.leaf + pki.issuing, "stray.pem": pki.stray },
        "tls-expired",
      );
      expect(isWhole).toBe(true);
      expect(text).toMatch(
        new RegExp(
          `/tls/${name}, beside it, has one of the same key that is valid until \\S+ .*used within a second, without a restart, and keep the present one as /tls/cert\\.pem\\.(?:old|before), run: (?:sudo )?cp -ab `,
          "u",
        ),
      );
      chmodSync(join(folder, "cert.pem"), 0o640);
      writeFileSync(join(folder, "cert.pem.before"), "an earlier one");
      const before = statSync(join(folder, "cert.pem"));
      run(commands);
      expect(readFileSync(join(folder, "cert.pem"), "utf8")).toBe(pki.leaf + pki.issuing);
      expect(statSync(join(folder, "cert.pem"))).toMatchObject({
        ino: before.ino,
        mode: before.mode,
        uid: before.uid,
      });
      const kept = ["cert.pem.old", "cert.pem.before"].map((each) => join(folder, each)).filter(existsSync);
      const all = readdirSync(folder).map((each) => readFileSync(join(folder, each), "utf8"));
      expect(all).toContain("an earlier one");
      expect(kept.map((path) => readFileSync(path, "utf8"))).toContain(pki.ended + pki.issuing);
    },
  );

  it("has the one named that is valid longest, with the whole chain", async () => {
    const { text } = await said(
      {
        ...served(),
        "a.pem": pki.leaf + pki.issuing,
        "b.pem": pki.later + pki.issuing,
        "c.pem": pki.later,
        "d.pem": pki.ended,
      },
      "tls-expired",
    );
    expect(text).toContain("/tls/b.pem, beside it");
  });

  it("behind a link has TLS_CERT name the other", async () => {
    const { folder } = await said({ "new.pem": pki.leaf + pki.issuing }, "tls-expired");
    mkdirSync(join(folder, "archive"));
    writeFileSync(join(folder, "archive", "1.pem"), pki.ended);
    symlinkSync("archive/1.pem", join(folder, "cert.pem"));
    const { text } = await saidOf(folder, "tls-expired");
    expect(text).toMatch(/To set TLS_CERT=\/tls\/new\.pem in \/etc\/default/u);
    expect(text).not.toContain("cp ");
  });

  it("has one of another key named if that key is here, and neither is a copy", async () => {
    const other = pki.otherKey + pki.issuing;
    const params = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    const { text, isWhole } = await said(
      { ...served(), "b.pem": other, "a.key": pki.key, "b.key": params + pki.otherSecret },
      "tls-expired",
    );
    expect(isWhole).toBe(false);
    expect(text).toMatch(
      /\/tls\/b\.pem, beside it, .* but of another key\. \/tls\/b\.key has that key\. Set TLS_CERT and TLS_KEY to these/u,
    );
    const without = { ...served(), "b.pem": other, "b.key": pki.key, "c.key": "-----BEGIN PRIVATE KEY-----" };
    expect((await said(without, "tls-expired")).text).toMatch(OF_WHOLE);
    for (const end of ["~", ".old", ".bak", ".bak2", ".old.1", ".orig", ".before", ".dpkg-old", ".rpmsave"]) {
      const copy = { ...served(), [`b.pem${end}`]: other, "b.key": pki.otherSecret };
      expect((await said(copy, "tls-expired")).text, end).toMatch(OF_WHOLE);
    }
  });

  it("has none named that has expired, too, is for another name or is an authority's", async () => {
    for (const beside of [pki.ended, pki.elsewhere, pki.issuing, pki.root]) {
      expect((await said({ ...served(), "b.pem": beside }, "tls-expired")).text).toMatch(OF_WHOLE);
    }
  });

  it("that signed itself has its successor put in its place, beside the advice for the agent", async () => {
    const { text, isWhole } = await said({ "cert.pem": pki.ownEnded, "b.pem": pki.ownSigned }, "tls-expired");
    expect(text).toContain("/tls/b.pem, beside it, has one of the same key");
    expect(isWhole).toBe(false);
  });

  it("has nothing named if the file is good by now", async () => {
    const files = { "cert.pem": pki.leaf + pki.issuing, "b.pem": pki.later + pki.issuing };
    expect((await said(files, "tls-expired")).text).toMatch(OF_WHOLE);
  });
});

it("a certificate for other names has the right one put in its place, with the restart that it needs", async () => {
  const right = { "cert.pem": pki.elsewhere + pki.issuing, "b.pem": pki.leaf + pki.issuing };
  const { text } = await said(right, "tls-name-mismatch");
  expect(text).toMatch(
    /valid until \S+ .*, but no longer for old\.test\. To put it in place, and keep .* systemctl restart novacula-control-plane$/u,
  );
  const { text: fewer } = await said(
    { "cert.pem": pki.ended, "b.pem": pki.fewer + pki.issuing },
    "tls-expired",
  );
  expect(fewer).toContain("but no longer for b.test.");
});

describe("the folder of the certificate", () => {
  it("may have pipes, folders, links to nowhere, large files and many files", async () => {
    const folder = tempDir();
    writeFileSync(join(folder, "cert.pem"), pki.leaf);
    execFileSync("mkfifo", [join(folder, "cert.fifo")]);
    mkdirSync(join(folder, "cert.d"));
    symlinkSync("nowhere", join(folder, "cert.link"));
    writeFileSync(join(folder, "cert.\u202e\n;id"), pki.leaf + pki.issuing);
    writeFileSync(join(folder, "cert.large"), pki.leaf + pki.issuing + " ".repeat(70_000));
    writeFileSync(join(folder, "cert.damaged"), pki.leaf.replace(/[A-Z]{3}/gu, "!!!"));
    for (let index = 0; index < 100; index += 1) {
      writeFileSync(join(folder, `a${index}`), pki.stray);
    }
    writeFileSync(join(folder, "cert-new.pem"), pki.leaf + pki.issuing);
    const found = await certificateFiles(join(folder, "cert.pem"), undefined);
    expect(found?.beside[0]?.path).toBe(join(folder, "cert-new.pem"));
    expect(found?.beside.length).toBeLessThanOrEqual(40);
    expect(found?.beside.some(({ path }) => /fifo|cert\.d|link|large|damaged|;id/u.test(path))).toBe(false);
  });

  it("is left alone if the certificate itself cannot be read", async () => {
    expect(await certificateFiles(join(tempDir(), "cert.pem"), undefined)).toBeUndefined();
  });
});
