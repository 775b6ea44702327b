import { Buffer } from "node:buffer";
import { asRoot, shellWord } from "../../lib/shell-word.ts";
import { alteredText } from "../stand-in/altered-text.ts";
import type { StandIn } from "../stand-in/stand-in.ts";
import { toolOutput } from "../stand-in/tool-output.ts";
import { type DerForm, derForm } from "./der-form.ts";

/** What a CA file is, if not PEM certificates. The remedy is made for the path of the file. */
interface Form {
  readonly problem: string;
  readonly remedy: (path: string) => string;
}

/** The command ends the sentence, so that it can be copied as it is. */
const convert = (command: (from: string, to: string) => string) => (path: string) =>
  `Name the PEM file that this writes: ${command(shellWord(path), shellWord(`${path}.pem`))}`;
const openssl = (words: string) => convert((from, to) => asRoot(`openssl ${words} -in ${from} -out ${to}`));
/** `read` begins a command that prints the bytes of the file it is followed by. */
const opensslFrom = (read: string, words: string, then = "") =>
  convert((from, to) => `${asRoot(`${read} ${from}`)}${then} | ${asRoot(`openssl ${words} -out ${to}`)}`);
const say = (sentence: string) => () => sentence;

const FROM_AUTHORITY = say("Name the certificate of the authority that signed the control plane's.");
const COPY_AGAIN = say("Copy that whole certificate again.");
const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

export const PRIVATE_KEY: Form = {
  problem: "contains a private key",
  remedy: say("Name a file with only the CA's certificate: the agent must not be able to read the CA's key."),
};

/** By the label of a PEM block. */
const LABELS: readonly (readonly [label: RegExp, form: Form])[] = [
  [/^(PKCS7|CMS)$/u, { problem: "is in PKCS#7 form", remedy: openssl("pkcs7 -print_certs") }],
  [
    /^TRUSTED CERTIFICATE$/u,
    { problem: "is in OpenSSL's form of a trusted certificate", remedy: openssl("x509") },
  ],
  [/^X509 CERTIFICATE$/u, { problem: "is in an old form (BEGIN X509 CERTIFICATE)", remedy: openssl("x509") }],
  [
    /CERTIFICATE REQUEST$/u,
    { problem: "is a request for a certificate, not a certificate", remedy: FROM_AUTHORITY },
  ],
  [/^X509 CRL$/u, { problem: "is a list of revoked certificates", remedy: FROM_AUTHORITY }],
  [/PUBLIC KEY$/u, { problem: "is a public key, not a certificate", remedy: FROM_AUTHORITY }],
  [/PARAMETERS$/u, { problem: "has parameters for keys, not a certificate", remedy: FROM_AUTHORITY }],
  [/^PGP /u, { problem: "is a PGP block, not a certificate", remedy: FROM_AUTHORITY }],
];

/** By what the text contains. */
const TEXTS: readonly (readonly [text: RegExp, form: Form])[] = [
  [
    new RegExp(BEGIN, "u"),
    { problem: `has a certificate whose end is cut off: its line ${END} is missing`, remedy: COPY_AGAIN },
  ],
  [
    new RegExp(END, "u"),
    {
      problem: `has a certificate whose beginning is cut off: its line ${BEGIN} is missing`,
      remedy: COPY_AGAIN,
    },
  ],
  [
    /BEGIN CERTIFICATE/iu,
    {
      problem: `has a line that is not exactly ${BEGIN}`,
      remedy: say(
        `Correct that line, and the one that must be ${END}: five hyphens on both sides, and capital letters.`,
      ),
    },
  ],
  [
    /^(?:[^\n]* )?(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+) AAAA|BEGIN SSH2 PUBLIC KEY/mu,
    { problem: "is a public key of SSH, not a certificate", remedy: FROM_AUTHORITY },
  ],
  [
    /^\s*(?:\/|[A-Za-z]+:\/\/)\S+\s*$/u,
    {
      problem: "contains only a path or a URL",
      remedy: say("Name the file that has the certificate itself."),
    },
  ],
  [
    /^Certificate:\s+Data:/mu,
    {
      problem: "describes a certificate and does not contain it, as openssl x509 -text -noout prints it",
      remedy: say("Print it without -noout."),
    },
  ],
];

const PAGE: Form = { problem: "is an HTML page, not a certificate", remedy: FROM_AUTHORITY };
const TWICE: Form = {
  problem: "is PEM that was encoded in base64 once more",
  remedy: convert((from, to) => `${asRoot(`base64 -d ${from}`)} | ${asRoot(`tee ${to}`)}`),
};
/** The line BEGIN in base64. It has 27 bytes, so that what follows changes none of it. */
const ENCODED_BEGIN = Buffer.from(BEGIN).toString("base64");
const EMBEDDED: Form = {
  problem: "has a certificate in base64 within another text, such as a Secret of Kubernetes or a kubeconfig",
  remedy: convert((from, to) => {
    const find = asRoot(`grep -o -m1 '${ENCODED_BEGIN}[A-Za-z0-9+/=]*' ${from}`);
    return `${find} | base64 -d | ${asRoot(`tee ${to}`)}`;
  }),
};
const KEYSTORE: Form = {
  problem: "is a Java keystore",
  remedy: convert((from, to) => `${asRoot(`keytool -list -rfc -keystore ${from}`)} | ${asRoot(`tee ${to}`)}`),
};

/** The form of bytes that are no text; undefined if they are no form of a certificate. */
export function binaryCaForm(bytes: Uint8Array, path: string): StandIn | undefined {
  const all = Buffer.from(bytes);
  if (all.subarray(0, 4).toString("hex") === "feedfeed") {
    return made(KEYSTORE, path);
  }
  const form = derForm(all);
  return form && madeOfDer(form, path, openssl);
}

/** The form of a text that has no PEM certificate, or one without an end. */
export function textCaForm(text: string, path: string): StandIn | undefined {
  if (/^\s*</u.test(text)) {
    return made(PAGE, path);
  }
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/gu)].map(([, label = ""]) => label);
  const other =
    LABELS.find(([pattern]) => labels.some((label) => pattern.test(label))) ??
    TEXTS.find(([pattern]) => pattern.test(text));
  return other === undefined
    ? (encodedForm(text, path) ?? alteredText(text) ?? toolOutput(text.trim()))
    : made(other[1], path);
}

function encodedForm(text: string, path: string): StandIn | undefined {
  const encoded = text.replaceAll(/\s+/gu, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(encoded)) {
    return text.includes(ENCODED_BEGIN) ? made(EMBEDDED, path) : undefined;
  }
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.includes(BEGIN)) {
    return made(TWICE, path);
  }
  const form = derForm(bytes);
  if (form === undefined) {
    return undefined;
  }
  const problem = form.isCertificate
    ? "contains a certificate in base64 without its BEGIN and END lines"
    : `${form.problem}, in base64`;
  return madeOfDer({ ...form, problem }, path, (words) => opensslFrom("base64 -d", words));
}

/** What stands between BEGIN and END instead of a certificate. `which` is its place in the file. */
export function bodyForm(
  body: string,
  { number, of }: { number: number; of: number },
  path: string,
): StandIn {
  const form = /[^A-Za-z0-9+/=]/u.test(body) ? undefined : derForm(Buffer.from(body, "base64"));
  const which = `number ${number} of ${of}`;
  if (form === undefined || form.isCut) {
    const problem = `contains a certificate that cannot be parsed (${which})`;
    return made({ problem, remedy: COPY_AGAIN }, path);
  }
  const { openssl: words, isPrivateKey } = form;
  const problem = `has a block CERTIFICATE (${which}) whose content ${form.problem}`;
  return of > 1
    ? madeOfDer({ problem, isPrivateKey }, path, openssl)
    : madeOfDer({ problem, openssl: words, isPrivateKey }, path, (each) =>
        opensslFrom("sed /-----/d", each, " | base64 -d"),
      );
}

function madeOfDer(form: DerForm, path: string, command: (words: string) => Form["remedy"]): StandIn {
  if (form.isPrivateKey) {
    return made(PRIVATE_KEY, path);
  }
  const none = form.isCut ? COPY_AGAIN : FROM_AUTHORITY;
  const remedy = form.openssl === undefined ? none : command(form.openssl);
  return made({ problem: form.problem, remedy }, path);
}

function made({ problem, remedy }: Form, path: string): StandIn {
  return { code: "ca-file", problem, remedy: remedy(path) };
}
