import { useEffect, useState } from "preact/hooks";

/** One value that parts of a page share, and are drawn anew for. */
export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  /** Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  const listeners = new Set<() => void>();
  let current = initial;
  return {
    get: () => current,
    set: (value) => {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value as it is, in a component that is drawn anew when it changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [, draw] = useState(0);
  const shown = store.get();
  useEffect(() => {
    const changed = (): void => draw((count) => count + 1);
    // It may have changed between the drawing and this effect.
    if (!Object.is(store.get(), shown)) changed();
    return store.subscribe(changed);
  }, [store]);
  return shown;
}
