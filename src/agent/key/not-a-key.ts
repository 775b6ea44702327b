/** Something else than a key stands where the key should: what it is, and what to do. */
export interface NotAKey {
  readonly code: string;
  readonly problem: string;
  readonly remedy: string;
}

const PASTE_THE_KEY = "Put the executor key here: it starts with exc_.";
const IF_LOST = "If it is lost, create a new one.";
const EXPOSED = "If it got here by mistake, treat it as exposed and replace it where it belongs.";

/** Prefixes that other products give their secrets, from their own documentation. */
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
  /^(exc_)?\$[A-Z_][A-Z0-9_]*$/iu,
  /^(exc_)?\$\(/u,
  /^(exc_)?%[A-Z_]+%$/iu,
  /^(exc_)?__\w*__$/u,
  /^(exc_)?[<[{(](?!.*exc_[A-Za-z]{8}).*[>\]})]$/u,
  /^(exc_)?([.…]+|x{3,}|_+|-+|\?+)$/iu,
];

/** What a person writes into a template, `exc_` and everything but letters taken off. */
const PLACEHOLDER_WORDS =
  /^(todo|tbd|fixme|none|null|nil|undefined|nan|example|placeholder|redacted|hidden|secret|dummy|apikey|accesstoken|token|key|changeit|executorkey|(your|my|the|paste|insert|enter|add|put|change|replace|set)[a-z]{0,30}(key|token|secret|here|me|this|value))$/u;

/** A key that was shortened for showing; stars and bullets, or dots between two parts. */
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
    "Write it as access_token_file, which names the file that holds the key.",
  ],
  [
    /^(\$2[abxy]?\$|\$argon2|\$scrypt\$|\$[156]\$|sha256:|[0-9a-f]{64}$|[0-9a-f]{128}$)/iu,
    "hash",
    "a hash: it cannot be turned back into the key",
    `${PASTE_THE_KEY} ${IF_LOST}`,
  ],
  [
    /^[0-9a-f]{8}$/u,
    "fingerprint",
    "a key's fingerprint, as the journal shows it",
    `${PASTE_THE_KEY} ${IF_LOST}`,
  ],
  [
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu,
    "uuid",
    "a UUID: an id, or another product's key",
    PASTE_THE_KEY,
  ],
  [
    /^([0-9a-f]{32}|[0-9a-f]{40})$/iu,
    "hex",
    "a row of hexadecimal digits: an id, or another product's key",
    PASTE_THE_KEY,
  ],
  [
    /^[A-Za-z0-9]{32}$/u,
    "key-id",
    "probably a key's id: it has no exc_ in front, and is as long as an id",
    "Put the key here, not the id that the list of keys shows.",
  ],
  [/^ZXhjX/u, "base64", "encoded in base64, as in a Kubernetes Secret's manifest", "Decode it: base64 -d."],
];

/** What `text`, freed of what was pasted around it, is in place of a key; undefined where it may well be one. */
export function notAKey(text: string): NotAKey | undefined {
  if (isPlaceholder(text)) {
    const remedy = "Put the key itself here: the control plane shows it once, when it is created.";
    return { code: "placeholder", problem: "is a placeholder that nobody has filled in", remedy };
  }
  if (MASKED.test(text)) {
    const remedy =
      "Nobody can read a key again: use the copy that was stored when it was created, or create a new one.";
    return {
      code: "masked",
      problem: "is shortened for showing, with dots or stars in place of characters",
      remedy,
    };
  }
  if (text.startsWith("exc_")) {
    return undefined;
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

function isPlaceholder(text: string): boolean {
  if (PLACEHOLDERS.some((pattern) => pattern.test(text))) {
    return true;
  }
  const words = text.replace(/^exc_/iu, "");
  return (
    words.length <= 40 &&
    PLACEHOLDER_WORDS.test(words.toLowerCase().replaceAll(/[^a-z]/gu, "")) &&
    !/\d/u.test(words)
  );
}
