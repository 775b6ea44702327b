import { makeKey } from "../keys.ts";

const K = makeKey();
const base64 = (text: string) => Buffer.from(text).toString("base64");
const hex = (text: string) => Buffer.from(text).toString("hex");

/** What stands where the key should be, and what the finding says of it. */
export type StandInCase = readonly [text: string, code: string, problem: RegExp];

/** A secrets manager was to put the key there. */
export const UNRESOLVED: readonly StandInCase[] = [
  ["ENC[AES256_GCM,data:abc=,iv:def=,tag:ghi=,type:str]", "encrypted", /with SOPS/u],
  ["ENC[handle]", "unresolved", /a secrets backend/u],
  ["ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCC]", "encrypted", /with eyaml/u],
  ["ENC(pVZ3lm1xYcZ2zPK==)", "encrypted", /with Jasypt/u],
  ["{cipher}682bc583f4641835fa2db009355293665d2647dade3375c0ee201de2a49f7bda", "encrypted", /Spring/u],
  [
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:novacula-AbCdEf",
    "unresolved",
    /AWS Secrets Manager/u,
  ],
  ["arn:aws-cn:ssm:cn-north-1:123456789012:parameter/key", "unresolved", /Parameter Store/u],
  ["{{resolve:secretsmanager:novacula:SecretString:key}}", "unresolved", /a resource of AWS/u],
  ["projects/acme/secrets/executor-key/versions/latest", "unresolved", /Google Secret Manager/u],
  ["sm://acme/executor-key", "unresolved", /Google Secret Manager/u],
  ["@Microsoft.KeyVault(SecretUri=https://acme.vault.azure.net/secrets/key/)", "unresolved", /Azure/u],
  ["https://acme.vault.azure.net/secrets/key", "unresolved", /Azure Key Vault/u],
  ["vault:secret/data/novacula#key", "unresolved", /to Vault/u],
  ["vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==", "encrypted", /transit/u],
  ["<path:secret/data/novacula#key>", "unresolved", /Vault/u],
  ["op://acme/novacula/key", "unresolved", /1Password/u],
  ["ref+vault://secret/novacula#/key", "unresolved", /vals/u],
  ["bw:novacula-key", "unresolved", /Bitwarden/u],
  ["doppler://acme/prd/KEY", "unresolved", /Doppler/u],
  ["infisical://acme/key", "unresolved", /secrets manager/u],
  ["!secret novacula_key", "unresolved", /YAML/u],
  ["!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132", "encrypted", /ansible-vault/u],
  ["env:EXECUTOR_KEY", "unresolved", /environment variable/u],
  ["file:///run/secrets/key", "path", /name of a file with a prefix/u],
  ["@/run/secrets/key", "path", /name of a file with a prefix/u],
  ["$ANSIBLE_VAULT;1.1;AES256\n33363164\n", "encrypted", /ansible-vault/u],
  ["-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", "encrypted", /GnuPG/u],
  ["-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "encrypted", /with age/u],
  ["Whxqht+dQJax1aZeCGLxmiAAAAABAAAADAAAABAAAAAAINSii8Wf", "encrypted", /credential of systemd/u],
  ["U2FsdGVkX1+Auep4ruMiabzB4+OXy84DPS4aJM5DzBo=", "encrypted", /openssl enc/u],
  ["[FILTERED]", "masked", /in place of a secret/u],
  ["(sensitive value)", "masked", /in place of a secret/u],
  ["<concealed by 1Password>", "masked", /in place of a secret/u],
  ["%(ENV_KEY)s", "placeholder", /placeholder/u],
  ["@KEY@", "placeholder", /placeholder/u],
  ["#{KEY}#", "placeholder", /placeholder/u],
  ["$(cat /run/key)", "placeholder", /placeholder/u],
  ["((executor-key))", "placeholder", /placeholder/u],
  ["[[ executor_key ]]", "placeholder", /placeholder/u],
  ['"op://acme/novacula/key"', "unresolved", /1Password/u],
  [hex(K), "encoded", /in hexadecimal digits/u],
  [base64(base64(K)), "base64", /in base64, twice/u],
  [base64(base64(base64(`${K}\n`))), "base64", /in base64, 3 times/u],
  [base64(hex(K)), "encoded", /in base64 of hexadecimal digits/u],
  [K.replace("_", "%5F"), "encoded", /percent-encoding/u],
  [base64(`access_token = "${K}"\n`), "base64", /in base64 /u],
];

/** A server or a program wrote its answer there. */
export const OUTPUT: readonly StandInCase[] = [
  ["<!DOCTYPE html>\n<html><title>Sign in</title></html>", "web-page", /a web page/u],
  [`<html><body>${K}</body></html>`, "web-page", /a web page/u],
  ['<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "web-page", /a web page or XML/u],
  [
    `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n${K}\n`,
    "http-answer",
    /HTTP answer with its headers/u,
  ],
  ["HTTP/2 404\r\ncontent-length: 0\r\n\r\n", "http-answer", /HTTP answer/u],
  ["vault: command not found", "tool-output", /an error message of a program/u],
  ["bw: You are not logged in.", "tool-output", /a sentence/u],
  ["---\napiVersion: v1\nkind: Secret\ndata:\n  key: ZXhj\n", "manifest", /a manifest of Kubernetes/u],
  ["kind: Secret\nmetadata:\n  name: key\n", "manifest", /a manifest of Kubernetes/u],
  [
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 69\n",
    "pointer",
    /a pointer of Git LFS/u,
  ],
  ['Error from server (NotFound): secrets "key" not found', "tool-output", /kubectl/u],
  [
    'Unable to locate credentials. You can configure credentials by running "aws configure".',
    "tool-output",
    /AWS/u,
  ],
  [
    "An error occurred (AccessDeniedException) when calling the GetSecretValue operation",
    "tool-output",
    /AWS/u,
  ],
  ["permission denied", "tool-output", /a server or a program/u],
  ["cat: /run/secrets/key: No such file or directory", "tool-output", /a program/u],
  ["bash: line 1: vault: command not found", "tool-output", /a shell/u],
  ["sh: 1: op: not found", "tool-output", /a shell/u],
  ["curl: (22) The requested URL returned error: 404", "tool-output", /curl/u],
  ["gpg: decryption failed: No secret key", "tool-output", /a program/u],
  ["ERROR: (gcloud.secrets.versions.access) NOT_FOUND", "tool-output", /gcloud/u],
  ["404 page not found", "tool-output", /a server or a program/u],
  ["No value found at secret/data/novacula", "tool-output", /Vault/u],
  ['Traceback (most recent call last):\n  File "a.py", line 1', "tool-output", /Python/u],
  [
    '{"message":"Not Found","documentation_url":"https://docs.example.com"}',
    "tool-output",
    /JSON without a key/u,
  ],
  ['{"errors":[{"code":404}]}', "tool-output", /JSON without a key/u],
  ["Please log in first to see this secret.", "tool-output", /a sentence/u],
  ["You do not have access to this item", "tool-output", /a sentence/u],
  [`${"Error: something is very wrong here. ".repeat(40)}`, "tool-output", /a program/u],
];

/** The key is there, and a tool, a mail or a chat has altered the text around it. */
export const ALTERED: readonly StandInCase[] = [
  [`<<<<<<< HEAD\n${K}\n=======\n${makeKey()}\n>>>>>>> new\n`, "merge-marks", /merge conflict/u],
  [`--- a/key\n+++ b/key\n@@ -1 +1 @@\n-${makeKey()}\n+${K}\n`, "diff", /a diff/u],
  [`     1\t${K}\n`, "line-numbers", /line number/u],
  [`1:${K}`, "line-numbers", /line number/u],
  [`> ${K}`, "quoted-mail", /> in front of each line/u],
  [`\`\`\`\n${K}\n\`\`\`\n`, "markdown", /fence of Markdown/u],
  [`~~~text\n${K}\n~~~`, "markdown", /fence of Markdown/u],
  [`${K}\nEOF\n`, "here-document", /here-document/u],
  [`cat > /etc/novacula/key <<'END'\n${K}\nEND\n`, "here-document", /here-document/u],
  [`root@vault:~# cat /srv/key\n${K}\n`, "shell-prompt", /prompt/u],
  [`\u001b[32m${K}\u001b[0m`, "terminal-colours", /colours/u],
  [`# production\\n${K}`, "escaped-line-ends", /line ends are written as/u],
  [`{\\rtf1\\ansi ${K}}`, "rich-text", /RTF/u],
  [`&quot;${K}&quot;`, "html-entities", /HTML/u],
  [`Content-Type: text/plain\n\n${K}`, "wrapper", /e-mail/u],
];
