import { type Recogniser, recognise, type StandIn } from "./stand-in.ts";

/** A text that a secrets manager was to replace by the secret. */
const reference = (pattern: RegExp, what: string): Recogniser => ({
  pattern,
  code: "unresolved",
  problem: `is a reference to ${what}, which nothing has resolved`,
  remedy: "Put the secret itself here, or have a secrets manager write it into a file.",
});

const encrypted = (pattern: RegExp, how: string, remedy: string): Recogniser => ({
  pattern,
  code: "encrypted",
  problem: `is encrypted ${how}`,
  remedy,
});

const decrypted = (command: string) => `Put the decrypted text here: ${command} prints it.`;
const DECRYPTED = "Put the decrypted text here.";

const FILE = {
  code: "path",
  problem: "is the name of a file with a prefix, not what the file contains",
  remedy: "Write its path, without the prefix, as access_token_file.",
} as const;

const VARIABLE = "an environment variable";

/** Each is known by how it begins. The more special ones come first. */
const RECOGNISERS: readonly Recogniser[] = [
  {
    pattern:
      /^[[(<{]\s*(?:filtered|redacted|masked|hidden|sensitive(?: value)?|secure|secret|removed|scrubbed|omitted|concealed[^\n]{0,30}|known after apply)\s*[\])>}]$/iu,
    code: "masked",
    problem: "is what a log or a tool shows in place of a secret",
    remedy: "Use the copy that you stored when the key was created, or create a new key.",
  },

  encrypted(/^ENC\[AES256_GCM,/u, "with SOPS", decrypted("sops --decrypt")),
  encrypted(/^ENC\[(?:PKCS7|GPG|KMS|AZUREVAULT)/u, "with eyaml", decrypted("eyaml decrypt")),
  encrypted(/^ENC\(/u, "with Jasypt", DECRYPTED),
  encrypted(/^\{cipher\}/u, "for Spring Cloud Config", DECRYPTED),
  encrypted(/^(?:\$ANSIBLE_VAULT;|!vault\b)/u, "with ansible-vault", decrypted("ansible-vault view")),
  encrypted(/^-----BEGIN PGP MESSAGE/u, "with GnuPG", decrypted("gpg --decrypt")),
  encrypted(/^-----BEGIN AGE ENCRYPTED FILE/u, "with age", decrypted("age --decrypt")),
  encrypted(/^U2FsdGVkX1/u, "with openssl enc", DECRYPTED),
  encrypted(
    /^(?:Whxqht\+dQJax1aZeCGLxm|DHzAexF2RZGcSwvqCLwg|k6iUCUh0RJCQyvL8k8q1U)/u,
    "as a credential of systemd",
    "Give it to the unit with LoadCredentialEncrypted=, and write the name of the credential as access_token_file.",
  ),
  encrypted(/^vault:v\d+:/u, "with the transit engine of Vault", decrypted("vault write transit/decrypt/…")),
  encrypted(/^AQICAH/u, "with AWS KMS", decrypted("aws kms decrypt")),
  encrypted(/^CiQA/u, "with Google Cloud KMS", decrypted("gcloud kms decrypt")),
  encrypted(
    /^Ag[A-D][\w+/=\s]{300,}$/u,
    "as a Sealed Secret",
    "Use the Secret that the controller makes from it.",
  ),
  encrypted(/^gAAAAA/u, "with Fernet", DECRYPTED),
  encrypted(/^(?:01000000d08c9ddf|AQAAANCMnd8B)/iu, "with Windows' data protection (DPAPI)", DECRYPTED),

  reference(/^arn:aws[\w-]*:secretsmanager:/u, "AWS Secrets Manager"),
  reference(/^arn:aws[\w-]*:ssm:|^(?:aws)?ssm:|^\{\{resolve:ssm/u, "the Parameter Store of AWS"),
  reference(/^arn:|^\{\{resolve:|^aws-?(?:sm|secret)[\w-]*:/u, "a resource of AWS"),
  reference(/^projects\/[^/\s]+\/secrets\/|^gcp[\w-]*:|^(?:sm|gsm|berglas):\/\//u, "Google Secret Manager"),
  reference(
    /^@Microsoft\.KeyVault\(|^https:\/\/[\w-]+\.vault\.azure\.net\/|^(?:akv|azurekeyvault|secretref):/u,
    "Azure Key Vault",
  ),
  reference(/^(?:hashi)?vault:|^(?:secret|kv)\/(?:data\/)?[\w-]|^<path:/u, "Vault"),
  reference(/^op:\/\//u, "1Password"),
  reference(/^bws?:/u, "Bitwarden"),
  reference(/^doppler:/u, "Doppler"),
  reference(
    /^(?:infisical|akeyless|conjur|keeper|lpass|pass|gopass|keychain|keyring):/u,
    "a secrets manager",
  ),
  reference(/^!var\b/u, "Conjur"),
  reference(/^(?:ref\+|secretref\+)/u, "a secrets manager, in the form of vals"),
  reference(/^(?:k8s|kubernetes|secret):|^(?:secretKeyRef|valueFrom)\b/u, "a Secret of Kubernetes"),
  reference(/^ENC\[/u, "a secrets backend"),
  reference(/^!(?:secret|include|reference|Ref|Sub|GetAtt|ImportValue)\b/u, "another value of a YAML file"),
  reference(/^(?:\$?env[:.](?:\/\/)?[A-Z_]|ENV\[|!ENV\b|\$__env\{)/iu, VARIABLE),
  { pattern: /^(?:file:|@\.{0,2}\/|@~\/|\$__file\{|!file\b)/u, ...FILE },
  {
    pattern: /^(?:exec|cmd|command|script):/u,
    code: "unresolved",
    problem: "is a command that nothing has run",
    remedy: "Put the output of the command here.",
  },
];

/** What `text` is, if a secrets manager was to resolve or decrypt it. */
export function secretReference(text: string): StandIn | undefined {
  // `vault: command not found`: the complaint of a program, which has the name of a scheme.
  return /^[\w.-]+: /u.test(text) ? undefined : recognise(RECOGNISERS, text);
}
