import type { HubReading, HubView } from "../../contract/hub-view.ts";
import { createApiClient, Refusal } from "../live/api-client.ts";
import { openLive } from "../live/live-client.ts";
import { createStore, type Store } from "../live/store.ts";

export interface HubState {
  readonly view: HubView | null;
  readonly viewedAt: number;
  readonly isHeard: boolean;
  /** Null unless somebody has signed in. */
  readonly readings: readonly HubReading[] | null;
}

export interface HubClient {
  readonly state: Store<HubState>;
  /** Rejects with a `Refusal`. */
  signIn(name: string, pin: string): Promise<void>;
  signOut(): Promise<void>;
  close(): void;
}

const refreshMs = 15_000;
const restMs = 500;
/** While the hub does not answer. */
const retryMs = 3_000;

export function openHubClient(): HubClient {
  const api = createApiClient();
  const state = createStore<HubState>({ view: null, viewedAt: 0, isHeard: true, readings: null });
  let asked = 0;
  let pending: ReturnType<typeof setTimeout> | undefined;

  const refresh = async (): Promise<void> => {
    const number = ++asked;
    try {
      const view = await api.get<HubView>("/api/hub");
      const readings = view.signIn === "signed-in" ? await readingsNow() : null;
      if (number === asked) state.set({ view, viewedAt: Date.now(), isHeard: true, readings });
    } catch {
      if (number !== asked) return;
      state.set({ ...state.get(), isHeard: false });
      clearTimeout(pending);
      pending = setTimeout(() => void refresh(), retryMs);
    }
  };
  const readingsNow = async (): Promise<readonly HubReading[] | null> => {
    try {
      return await api.get<readonly HubReading[]>("/api/hub/readings");
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return null;
      throw error;
    }
  };
  const soon = (): void => {
    clearTimeout(pending);
    pending = setTimeout(() => void refresh(), restMs);
  };
  const live = openLive({ onEvent: soon, onHeard: (isHeard) => (isHeard ? soon() : undefined) });
  const timer = setInterval(() => void refresh(), refreshMs);
  void refresh();

  return {
    state,
    signIn: async (name, pin) => {
      await api.post("/api/staff/sign-in", { name, pin });
      live.reopen();
      await refresh();
    },
    signOut: async () => {
      asked += 1;
      const { view } = state.get();
      state.set({ ...state.get(), view: view === null ? null : { ...view, signIn: "signed-out" }, readings: null });
      await api.post("/api/staff/sign-out", {}).catch(() => undefined);
      live.reopen();
      await refresh();
    },
    close: () => {
      clearInterval(timer);
      clearTimeout(pending);
      live.close();
    },
  };
}
