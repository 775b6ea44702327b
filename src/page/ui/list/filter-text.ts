import { useEffect, useRef, useState } from "preact/hooks";
import { withQuery } from "../../state/navigation.ts";
import { useAnnounce, usePageState, usePlace } from "../../state/page-state.ts";
import { fingerprintOf, secretIn } from "../../state/pasted-key.ts";
import { FIRST_PAGE } from "./list-query.ts";

const SETTLE_MS = 250;

interface FilterText {
  readonly text: string;
  readonly onInput: (event: { readonly currentTarget: HTMLInputElement }) => void;
}

/**
 * The text of a field that filters the page's list. It settles in the URL while it is typed, and
 * follows the URL when that changes. A secret goes nowhere: a whole key is found by its
 * fingerprint.
 */
export function useFilterText(name: string): FilterText {
  const { navigation } = usePageState();
  const inUrl = usePlace().query.get(name) ?? "";
  /** Undefined: what the URL says. */
  const [typed, setTyped] = useState<string>();
  const settled = useRef(inUrl);
  const findKey = useKeySearch();
  useEffect(() => {
    // A link, Back, or another page: what was typed belongs to the place before.
    if (inUrl !== settled.current) {
      settled.current = inUrl;
      setTyped(undefined);
    }
  }, [inUrl]);
  useEffect(() => {
    const next = typed?.trim();
    if (next === undefined || next === settled.current) {
      return;
    }
    const timer = window.setTimeout(() => {
      settled.current = next;
      navigation.replace(withQuery(navigation.place.get(), { ...FIRST_PAGE, [name]: next }));
    }, SETTLE_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const onInput: FilterText["onInput"] = ({ currentTarget: input }) => {
    if (secretIn(input.value) === undefined) {
      setTyped(input.value);
      return;
    }
    findKey(input.value);
    input.value = "";
    setTyped("");
  };
  return { text: typed ?? inUrl, onInput };
}

/** Goes to the key in `text`, which is hashed here and not sent. */
function useKeySearch(): (text: string) => void {
  const { navigation } = usePageState();
  const announce = useAnnounce();
  return async (text) => {
    const secret = secretIn(text);
    const fingerprint = secret?.kind === "key" ? await fingerprintOf(secret.key) : undefined;
    if (fingerprint !== undefined) {
      announce(
        `The pasted key has the fingerprint ${fingerprint}. It was hashed in this browser and not sent.`,
      );
      navigation.go(`/api-keys?search=${fingerprint}`);
    } else if (secret?.kind === "key") {
      announce(
        "The pasted key was not sent. Search for its fingerprint, which sudo novacula-agent status shows.",
      );
    } else {
      announce("That may be part of a key, so it was not sent. Paste the whole key to find it.");
    }
  };
}
