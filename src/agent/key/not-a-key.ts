import { holdsKey } from "../../protocol/key-shape.ts";
import { type AlteredText, alteredText } from "../stand-in/altered-text.ts";
import { encodedText } from "../stand-in/encoded-text.ts";
import { secretReference } from "../stand-in/secret-reference.ts";
import type { StandIn } from "../stand-in/stand-in.ts";
import { hasPlace } from "../stand-in/template.ts";
import { toolOutput } from "../stand-in/tool-output.ts";

const PASTE_THE_KEY = "Put the executor key here: it starts with exc_.";
const IF_LOST = "If the key is lost, create a new one.";
const EXPOSED = "If it got here by mistake, it is exposed: replace it where it is used.";

/** Prefixes of other products' secrets, from their documentation. */
const FOREIGN_PREFIXES: readonly (readonly [pattern: RegExp, product: string])[] = [
  [/^(gh[pousr]_|github_pat_)/u, "a GitHub token"],
  [/^gl(pat|rt|dt|cbt|soat|ptt|ft|imt|agent)-/u, "a GitLab token"],
  [/^gls?[ac]_/u, "a Grafana token"],
  [/^sk-ant-/u, "an Anthropic API key"],
  [/^sk-/u, "an OpenAI API key"],
  [/^([spr]k_(live|test)_|whsec_)/u, "a Stripe key"],
  [/^(xox[a-z]|xapp)-/u, "a Slack token"],
  [/^A(KIA|SIA)[A-Z0-9]{12,}/u, "an AWS access key id"],
  [/^(AIza|ya29\.)/u, "a Google API key"],
  [/^npm_/u, "an npm token"],
  [/^pypi-/u, "a PyPI token"],
  [/^hv[sbr]\./u, "a HashiCorp Vault token"],
  [/^tskey-/u, "a Tailscale key"],
  [/^(dckr_pat_|dckr_oat_)/u, "a Docker token"],
  [/^dop_v1_/u, "a DigitalOcean token"],
  [/^hf_/u, "a Hugging Face token"],
  [/^SG\./u, "a SendGrid key"],
  [/^bk[a-z]{2}_/u, "a Buildkite token"],
  [/^sntry[su]_/u, "a Sentry token"],
  [/^ops_/u, "a 1Password token"],
  [/^eyJ/u, "a JSON Web Token"],
  [/^AGE-SECRET-KEY-/u, "an age key"],
  [/^ssh-(rsa|ed25519|dss) |^ecdsa-sha2-/u, "an SSH public key"],
  [/^untrusted comment:/u, "a minisign key or signature"],
];

const PLACEHOLDERS: readonly RegExp[] = [
  /^<[^<>]*>$/u,
  /\$\{[^}]*\}?/u,
  /\{\{|\}\}/u,
  /^(exc_)?[<[{(](?!.*exc_[A-Za-z]{8}).*[>\]})]$/u,
  /^(exc_)?([.…]+|x{3,}|_+|-+|\?+)$/iu,
];

/** Placeholders in templates, compared without `exc_` and with letters only. */
const PLACEHOLDER_WORDS =
  /^(todo|tbd|fixme|none|null|nil|undefined|nan|example|placeholder|redacted|hidden|secret|dummy|apikey|accesstoken|token|key|changeit|executorkey|(your|my|the|paste|insert|enter|add|put|change|replace|set)[a-z]{0,30}(key|token|secret|here|me|this|value))$/u;

/** A masked key: stars or bullets, or dots between two parts. */
const MASKED = /[*•●∗·▪]{2,}|[A-Za-z0-9]([.]{2,}|…)/u;

type Shape = readonly [pattern: RegExp, code: string, what: string, remedy: string];

const OTHER_SHAPES: readonly Shape[] = [
  [
    /^-----BEGIN /u,
    "pem",
    "a PEM block: a certificate or a private key",
    `${PASTE_THE_KEY} A CA belongs in ca_file.`,
  ],
  [
    /^[a-z][a-z0-9+.-]*:\/\//iu,
    "url",
    "a URL",
    `${PASTE_THE_KEY} The control plane's address belongs in url.`,
  ],
  [
    /^(\/|~\/|\.{1,2}\/|[A-Z]:\\)\S*$/u,
    "path",
    "a path",
    "Write it as access_token_file, the setting for the path of a key file.",
  ],
  [
    /^(\$2[abxy]?\$|\$argon2|\$scrypt\$|\$[156]\$|sha256:|[0-9a-f]{64}$|[0-9a-f]{128}$)/iu,
    "hash",
    "a hash, from which nobody can get the key back",
    `${PASTE_THE_KEY} ${IF_LOST}`,
  ],
  [
    /^[0-9a-f]{8}$/u,
    "fingerprint",
    "the fingerprint of a key, as the journal shows it",
    `${PASTE_THE_KEY} ${IF_LOST}`,
  ],
  [
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu,
    "uuid",
    "a UUID: an ID, or a key of another product",
    PASTE_THE_KEY,
  ],
  [
    /^([0-9a-f]{32}|[0-9a-f]{40})$/iu,
    "hex",
    "a series of hexadecimal digits: an ID, or a key of another product",
    PASTE_THE_KEY,
  ],
  [
    /^[A-Za-z0-9]{32}$/u,
    "key-id",
    "probably the ID of a key: it has no exc_ and the length of an ID",
    "Put the key here, not the ID from the list of keys.",
  ],
  [
    /^ZXhjX/u,
    "base64",
    "encoded in base64, and damaged",
    "Copy it again, then put the decoded text here: base64 -d prints it.",
  ],
];

const NAMES_OF_KEYS: ReadonlySet<string> = new Set(["fingerprint", "uuid", "key-id"]);

/** Outputs that count although there is a key in them. */
const AROUND_A_KEY: ReadonlySet<string> = new Set(["http-answer", "web-page"]);

/**
 * What a whole text is instead of a key, whatever its length; undefined if it may have a key that
 * was copied together with other characters.
 */
export function notAKeyFile(text: string): AlteredText | undefined {
  const output = toolOutput(text);
  const found = holdsKey(text)
    ? output && AROUND_A_KEY.has(output.code)
      ? output
      : undefined
    : (secretReference(text) ?? output ?? encodedText(text, holdsKey));
  return found === undefined ? alteredText(text) : { ...found, index: 0 };
}

/**
 * What `text` is instead of a key; undefined if it may be one. What was pasted around it must have
 * been removed from `text`.
 */
export function notAKey(text: string): StandIn | undefined {
  if (isPlaceholder(text)) {
    const remedy = "Put the key itself here: the control plane shows it once, when it is created.";
    return { code: "placeholder", problem: "is still the placeholder", remedy };
  }
  if (MASKED.test(text)) {
    const remedy =
      "The control plane shows a key only once: use the copy that you stored then, or create a new key.";
    return {
      code: "masked",
      problem: "is a masked copy: dots or stars replace some characters",
      remedy,
    };
  }
  if (text.startsWith("exc_")) {
    return prefixedName(text.slice("exc_".length));
  }
  const unresolved = secretReference(text);
  if (unresolved !== undefined) {
    return unresolved;
  }
  const [, product] = FOREIGN_PREFIXES.find(([pattern]) => pattern.test(text)) ?? [];
  if (product !== undefined) {
    return {
      code: "foreign-secret",
      problem: `is ${product}, not an executor key`,
      remedy: `${PASTE_THE_KEY} ${EXPOSED}`,
    };
  }
  const shape = OTHER_SHAPES.find(([pattern]) => pattern.test(text));
  return shape && { code: shape[1], problem: `is ${shape[2]}`, remedy: shape[3] };
}

/** What the page and the journal show of a key, written where the key belongs. */
function prefixedName(rest: string): StandIn | undefined {
  const shape = /\d/u.test(rest)
    ? OTHER_SHAPES.find(([pattern, code]) => NAMES_OF_KEYS.has(code) && pattern.test(rest))
    : undefined;
  return (
    shape && {
      code: shape[1],
      problem: `is exc_ and ${shape[2].replace(/^probably |: it has no exc_.*$/gu, "")}, not the key itself`,
      remedy:
        "The control plane shows a key only once: use the copy that you stored then, or rotate the key.",
    }
  );
}

function isPlaceholder(text: string): boolean {
  if (PLACEHOLDERS.some((pattern) => pattern.test(text)) || (!holdsKey(text) && hasPlace(text))) {
    return true;
  }
  const words = text.replace(/^exc_/iu, "");
  return (
    words.length <= 40 &&
    PLACEHOLDER_WORDS.test(words.toLowerCase().replaceAll(/[^a-z]/gu, "")) &&
    !/\d/u.test(words)
  );
}
