import { type Recogniser, recognise, type StandIn } from "./stand-in.ts";

const LOOK = "Look into the file, fix what it complains about, then write the file again.";

const complaint = (pattern: RegExp, who: string): Recogniser => ({
  pattern,
  code: "tool-output",
  problem: `is an error message of ${who}`,
  remedy: LOOK,
});

/** Each is known by how it begins. */
const RECOGNISERS: readonly Recogniser[] = [
  {
    pattern:
      /^(?:ok|bad|warning|unknown) {1,8}[\w/.]|^novacula-(?:agent|control-plane)(?: [a-z-]+)?: |^(?:Waiting for the file to be fixed|Online with key [0-9a-f]{8}|No agent runs here|The executor is (?:not )?online)\b/u,
    code: "own-output",
    problem: "is what a command of novacula-agent printed: its output was written over the file",
    remedy: "Restore the file from a backup, or write it again.",
  },
  {
    pattern: /^HTTP\/\d(?:\.\d)? \d{3}/u,
    code: "http-answer",
    problem: "is an HTTP answer with its headers, as curl -i prints it",
    remedy: "Keep only the key, or fetch it again without the headers: curl -fsS.",
  },
  {
    pattern: /^<(?:!doctype\b|html\b|head\b|body\b|\?xml\b|Error\b)/iu,
    code: "web-page",
    problem: "is a web page or XML: a server answered with something else than the file",
    remedy: "Look into the file, then fetch it again: with curl -fsS, an error writes no file.",
  },
  {
    pattern: /^(?:---\s+)?(?:apiVersion|kind): [\w./-]+\s*$/mu,
    code: "manifest",
    problem: "is a manifest of Kubernetes, not the Secret's content",
    remedy: "Put the decoded value alone here: kubectl get secret with -o jsonpath, and base64 -d.",
  },
  {
    pattern: /^version https:\/\/git-lfs\.github\.com\/spec\//u,
    code: "pointer",
    problem: "is a pointer of Git LFS, not the file",
    remedy: "Fetch the file with git lfs pull, then copy it again.",
  },
  complaint(
    /^(?:Error from server|error: You must be logged in|Unable to connect to the server:|The connection to the server )/u,
    "kubectl",
  ),
  complaint(
    /^(?:Unable to locate credentials|An error occurred \(|Could not connect to the endpoint URL|usage: aws )/u,
    "the AWS command line",
  ),
  complaint(/^(?:Error (?:making API request|reading |writing data)|No value found at )/u, "Vault"),
  complaint(/^ERROR: \(gcloud\./u, "gcloud"),
  complaint(/^ERROR: .*az login|^Please run 'az login'/u, "the Azure command line"),
  complaint(/^\[ERROR\] \d{4}\//u, "1Password's command line"),
  complaint(/^(?:curl: \(\d+\)|wget: )/u, "curl or wget"),
  complaint(
    /^(?:gpg|age|sops|openssl|ssh|scp|sudo|docker|git|jq|cat|cp|vault|helm|terraform|python3?|node|npm): /u,
    "a program",
  ),
  complaint(/^(?:-?(?:ba|da|z|k)?sh|fish)\b.{0,40}: /u, "a shell"),
  complaint(/^(?:Failed to get the data key|sops metadata not found|Error decrypting )/u, "SOPS"),
  complaint(/^Traceback \(most recent call last\)/u, "a Python program"),
  complaint(/^(?:panic|fatal|error|failed|failure|warning|usage)\b[^\n]{0,20}:\s/iu, "a program"),
  complaint(
    /^\d{3} (?:[A-Z]|page not found)|^(?:Bad Gateway|Gateway Time-?out|Service (?:Temporarily )?Unavailable|Not Found|Forbidden|Unauthorized|Internal Server Error|Access Denied|Permission denied|No such file or directory|Segmentation fault|Killed|Connection refused|command not found)\b/iu,
    "a server or a program",
  ),
];

/** Three or more words of one line, as in a sentence; a key has neither words nor spaces. */
const SENTENCE = /^["'(]?[A-Za-z]{1,20}[,.:;']?(?: ["'(]?[A-Za-z0-9/._'-]{1,40}["')]?[,.:;!?]{0,2}){2,}\s*$/u;
const PLAIN_WORDS = /\b[a-z]{2,15}\b/gu;

/** What `text` is, if a server or a program wrote it instead of the file. */
export function toolOutput(text: string): StandIn | undefined {
  const known = recognise(RECOGNISERS, text);
  if (known !== undefined || text.includes("exc_")) {
    return known;
  }
  if (isJson(text)) {
    const problem = "is JSON without a key: probably the answer of an API";
    return { code: "tool-output", problem, remedy: LOOK };
  }
  const [line = ""] = text.slice(0, 400).split("\n", 1);
  const words = line.match(PLAIN_WORDS)?.length ?? 0;
  return SENTENCE.test(line) && words >= 2
    ? { code: "tool-output", problem: "is a sentence: probably what a program printed", remedy: LOOK }
    : undefined;
}

function isJson(text: string): boolean {
  if (!/^[{[]/u.test(text) || text.length > 100_000) {
    return false;
  }
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
