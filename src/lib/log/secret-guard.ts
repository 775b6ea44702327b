/** So many successive characters of a secret, in whatever dress, are a piece of it. */
const PIECE_LENGTH = 12;
const INSTEAD = "[redacted]";

/**
 * What makes the pieces of one secret known. They are looked for as long as somebody holds this.
 */
export interface SecretGuard {
  readonly pieceCount: number;
}

/**
 * Every piece, in lower case, of guarded secrets and of their other forms; how many guards know it.
 */
const known = new Map<string, number>();
const released = new FinalizationRegistry<readonly string[]>((pieces) => {
  for (const piece of pieces) {
    const holders = (known.get(piece) ?? 1) - 1;
    if (holders === 0) {
      known.delete(piece);
    } else {
      known.set(piece, holders);
    }
  }
});

/**
 * From now on `withoutSecrets` takes every piece of `secret` out, also of its base64 and its
 * hexadecimal form.
 */
export function guardSecret(secret: string): SecretGuard {
  const pieces = [...new Set(formsOf(secret).flatMap(piecesOf))];
  for (const piece of pieces) {
    known.set(piece, (known.get(piece) ?? 0) + 1);
  }
  const guard = { pieceCount: pieces.length };
  released.register(guard, pieces);
  return guard;
}

/**
 * Base64 at each of the three places in a group; of its ends, the part that depends on the
 * neighbours is left out.
 */
function formsOf(secret: string): readonly string[] {
  const base64 = ["", "x", "xx"].map((before) =>
    Buffer.from(before + secret)
      .toString("base64url")
      .slice(4, -4),
  );
  return [secret, ...base64, Buffer.from(secret).toString("hex")].map((form) => form.toLowerCase());
}

function piecesOf(form: string): readonly string[] {
  const count = Math.max(0, form.length - PIECE_LENGTH + 1);
  return Array.from({ length: count }, (_, at) => form.slice(at, at + PIECE_LENGTH));
}

/** One character of a text, or what stands for one in JSON, a URL or HTML. */
const CHARACTER =
  /\\\\|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|%([0-9a-f]{2})|&#x([0-9a-f]{1,6});|&#(\d{1,7});|./gis;

/**
 * `text` without what this process must not say: each run of 12 and more successive characters of a
 * guarded secret, in either case, is replaced. A server that is handed a key can put it, whole or
 * cut, into everything that it answers.
 */
export function withoutSecrets(text: string): string {
  if (known.size === 0 || text.length < PIECE_LENGTH) {
    return text;
  }
  const written = Array.from(text.matchAll(CHARACTER));
  const plain = written.map(characterOf).join("");
  let result = "";
  let at = 0;
  while (at < written.length) {
    const end = endOfRun(plain, at);
    result += end === at ? written[at]?.[0] : INSTEAD;
    at = Math.max(end, at + 1);
  }
  return result;
}

/**
 * Where the pieces that begin at `at`, or within one that did, end; `at` itself where none begins.
 */
function endOfRun(plain: string, at: number): number {
  let end = at;
  for (let next = at; next === at || next <= end; next += 1) {
    const piece = plain.slice(next, next + PIECE_LENGTH);
    if (known.has(piece)) {
      end = next + PIECE_LENGTH;
    } else if (next === at) {
      break;
    }
  }
  return end;
}

/** One UTF-16 unit, in lower case, base64's two alphabets as one. */
function characterOf([text, json, short, url, hex, decimal]: RegExpExecArray): string {
  const digits = json ?? short ?? url ?? hex;
  const code = digits === undefined ? Number(decimal) : Number.parseInt(digits, 16);
  const character = Number.isNaN(code) ? text : String.fromCharCode(code);
  const lower = character.charAt(0).toLowerCase().charAt(0);
  return lower === "+" ? "-" : lower === "/" ? "_" : lower;
}
