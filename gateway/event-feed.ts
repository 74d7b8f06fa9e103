import type { GatewayEvent, GatewayListener } from "./gateway-event.ts";

/** Hands what a gateway does on to whoever listens just then. */
export interface EventFeed {
  readonly tell: GatewayListener;
  /** Returns what ends it. */
  listen(listener: GatewayListener): () => void;
}

export function createEventFeed(first: GatewayListener | undefined): EventFeed {
  const listeners = new Set<GatewayListener>(first === undefined ? [] : [first]);
  return {
    tell: (event: GatewayEvent) => {
      for (const listener of listeners) listener(event);
    },
    listen: (listener) => {
      // A listener of its own for each call: one that listens twice is told twice, and ends one at a time.
      const own: GatewayListener = (event) => listener(event);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}
