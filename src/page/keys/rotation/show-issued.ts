import type { IssuedKey } from "../../api/api-keys.ts";
import type { KeyReference, Reference } from "../../api/decode.ts";
import { usePageState } from "../../state/page-state.ts";

interface Issued {
  readonly issued: IssuedKey;
  readonly title: string;
  /** The key that it replaces; undefined: none. */
  readonly old: KeyReference | undefined;
  /** Those that need it; empty: the first one that uses it. */
  readonly executors: readonly Reference[];
}

/** Shows a new key once, and follows it until its executors are on it. */
export function useShowIssued(organizationId: string): (issued: Issued) => void {
  const { secret, followUps } = usePageState();
  return ({ issued, title, old, executors }) => {
    followUps.add({
      key: referenceOf(issued.apiKey),
      old: old === undefined ? null : referenceOf(old),
      executors: executors.map(({ id, name }) => ({ id, name })),
      organizationId,
    });
    const executorName = executors.length === 1 ? executors[0]?.name : undefined;
    secret.show({ issued, title, executorName, connect: undefined });
  };
}

function referenceOf({ id, name, fingerprint }: KeyReference): KeyReference {
  return { id, name, fingerprint };
}
