/** The control plane's answer to one operation. */
export type Answer<Data> =
  | { readonly kind: "data"; readonly data: Data }
  /** It said no, in a sentence for the person. */
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly sentence: string;
      readonly pageOrigin?: string | undefined;
    }
  /** The session has ended, or there never was one. */
  | { readonly kind: "signed-out" }
  /** Nobody answered, or somebody who is not this control plane. */
  | { readonly kind: "unavailable"; readonly sentence: string };

/** One request to the control plane, and how to read its reply. Creating it sends nothing. */
export interface Operation<Data> {
  readonly path: string;
  /** Sent as JSON. */
  readonly body: object;
  /** It only reads, and the page asks it again and again. */
  readonly isRepeated?: boolean;
  readonly decode: (reply: HttpReply) => Answer<Data>;
}

export interface HttpReply {
  readonly status: number;
  /** Parsed from JSON. */
  readonly body: unknown;
}
