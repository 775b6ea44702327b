/** A run of this many characters of a secret, in any encoding, counts as a piece of it. */
const PIECE_LENGTH = 12;
const INSTEAD = "[redacted]";

/**
 * Keeps one secret guarded: its pieces are removed from texts for as long as this object is
 * referenced.
 */
export interface SecretGuard {
  readonly pieceCount: number;
}

/**
 * The pieces of guarded secrets and of their other forms, in lower case. The value is the number of
 * guards that know the piece.
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

/** Makes `withoutSecrets` remove every piece of `secret`, also in base64 and hexadecimal. */
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
 * The secret, as it is and as it reads if what looks like an escape in it is one; its base64 at
 * each of the three offsets in a group, and its hexadecimal. The ends of the base64 are cut off:
 * they depend on the bytes around the secret.
 */
function formsOf(secret: string): readonly string[] {
  const base64 = ["", "x", "xx"].map((before) =>
    Buffer.from(before + secret)
      .toString("base64url")
      .slice(4, -4),
  );
  const forms = [secret, ...base64, Buffer.from(secret).toString("hex")];
  return [...forms.map((form) => form.split("").map(inOneAlphabet).join("")), plainly(charactersOf(secret))];
}

function piecesOf(form: string): readonly string[] {
  const count = Math.max(0, form.length - PIECE_LENGTH + 1);
  return Array.from({ length: count }, (_, at) => form.slice(at, at + PIECE_LENGTH));
}

/** One character of a text, or its escape in JSON, a URL or HTML. */
const CHARACTER =
  /\\\\|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|%([0-9a-f]{2})|&#x([0-9a-f]{1,6});|&#(\d{1,7});|./gis;

/**
 * Replaces every run of 12 or more characters of a guarded secret, in upper or lower case. A server
 * that gets a key can put it, whole or in part, into any of its answers.
 */
export function withoutSecrets(text: string): string {
  if (known.size === 0 || text.length < PIECE_LENGTH) {
    return text;
  }
  const written = charactersOf(text);
  const plain = plainly(written);
  let result = "";
  let at = 0;
  while (at < written.length) {
    const end = endOfRun(plain, at);
    result += end === at ? written[at]?.[0] : INSTEAD;
    at = Math.max(end, at + 1);
  }
  return result;
}

/** The end of the overlapping pieces that begin at `at`; `at` itself if none begins there. */
function endOfRun(plain: string, at: number): number {
  let end = at;
  for (let next = at; next <= end; next += 1) {
    if (known.has(plain.slice(next, next + PIECE_LENGTH))) {
      end = next + PIECE_LENGTH;
    }
  }
  return end;
}

function charactersOf(text: string): readonly RegExpExecArray[] {
  return Array.from(text.matchAll(CHARACTER));
}

function plainly(characters: readonly RegExpExecArray[]): string {
  return characters.map(characterOf).join("");
}

/** One UTF-16 unit, without its escape. */
function characterOf([text, json, short, url, hex, decimal]: RegExpExecArray): string {
  const digits = json ?? short ?? url ?? hex;
  const code = digits === undefined ? Number(decimal) : Number.parseInt(digits, 16);
  const character = Number.isNaN(code) ? text : String.fromCharCode(code);
  return inOneAlphabet(character);
}

/** Its first UTF-16 unit in lower case. The two alphabets of base64 become one. */
function inOneAlphabet(character: string): string {
  const lower = character.charAt(0).toLowerCase().charAt(0);
  return lower === "+" ? "-" : lower === "/" ? "_" : lower;
}
