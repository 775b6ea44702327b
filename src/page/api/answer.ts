/** What the server said to a question of the page. */
export type Answer<Data> =
  | { readonly kind: "data"; readonly data: Data }
  /** It said no, in a sentence for the person. */
  | { readonly kind: "refused"; readonly code: string; readonly sentence: string }
  /** The session has ended, or there never was one. */
  | { readonly kind: "signed-out" }
  /** Nobody answered, or not as a control plane does. */
  | { readonly kind: "unavailable"; readonly sentence: string };
