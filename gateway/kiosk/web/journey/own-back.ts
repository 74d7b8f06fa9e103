import { useLayoutEffect } from "preact/hooks";
import { createStore, type Store } from "../live/store.ts";

/** A screen that has gone a step further by itself says here how to go back: that comes before what "back" is otherwise. */
export const ownBack: Store<(() => void) | null> = createStore<(() => void) | null>(null);

/** `place`: where it is, if it has gone further. */
export function useOwnBack(place: string | null, back: () => void): void {
  // Before the screen is painted: a back that is pressed at once would lead elsewhere.
  useLayoutEffect(() => {
    ownBack.set(place === null ? null : back);
    return () => ownBack.set(null);
  }, [place]);
}
