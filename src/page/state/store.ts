import { useEffect, useState } from "preact/hooks";

/** One value that several components show. */
export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  /** Returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(value, next)) {
        return;
      }
      value = next;
      for (const listener of [...listeners]) {
        listener();
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The value; renders the component again when it changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [, render] = useState({});
  useEffect(() => {
    const seen = store.get();
    const end = store.subscribe(() => render({}));
    // It may have changed between the render and this effect.
    if (!Object.is(seen, store.get())) {
      render({});
    }
    return end;
  }, [store]);
  return store.get();
}
