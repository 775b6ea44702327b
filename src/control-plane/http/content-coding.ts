/** The content codings that answers to browsers may have, the smallest result first. */
const CODINGS = ["br", "gzip"] as const;

export type ContentCoding = (typeof CODINGS)[number];

/**
 * The codings that Accept-Encoding allows (RFC 9110, 12.5.3). The client's order does not count:
 * browsers list all that they know without a preference. A header that is longer than any browser's
 * counts as none.
 */
export function acceptedCodings(header: string | readonly string[] | undefined): readonly ContentCoding[] {
  const text = String(header ?? "");
  if (text.length > 200) {
    return [];
  }
  const weights = new Map(text.toLowerCase().split(",").map(weighted));
  return CODINGS.filter((coding) => (weights.get(coding) ?? weights.get("*") ?? 0) > 0);
}

function weighted(entry: string): readonly [coding: string, weight: number] {
  const [coding = "", ...parameters] = entry.split(";").map((part) => part.trim());
  const quality = parameters.find((each) => each.startsWith("q="));
  return [coding, quality === undefined ? 1 : Number(quality.slice(2)) || 0];
}
