import type { KioskView } from "../../contract/kiosk-view.ts";
import type { StaffCheck, StaffView } from "../../contract/staff-view.ts";
import { type ApiClient, createApiClient, Refusal } from "../live/api-client.ts";
import { openLive } from "../live/live-client.ts";
import { createStore, type Store } from "../live/store.ts";

/** All that this page knows. It is forgotten, whole, when whoever looks signs out. */
export interface StaffState {
  readonly place: "loading" | "closed" | "sign-in" | "desk";
  readonly view: StaffView | null;
  /** When the view came, by this screen's clock. */
  readonly viewedAt: number;
  readonly isHeard: boolean;
  /** They were signed out for having done nothing. */
  readonly wasIdle: boolean;
}

export interface StaffClient {
  readonly state: Store<StaffState>;
  /** Rejects with a `Refusal`. */
  signIn(name: string, pin: string): Promise<void>;
  signOut(wasIdle: boolean): Promise<void>;
  /** Carries a decision out, and shows what it came to. Rejects with a `Refusal`. */
  decide(path: string, body: object): Promise<void>;
  doctor(): Promise<readonly StaffCheck[]>;
  supportBundle(): Promise<{ readonly name: string; readonly text: string }>;
  close(): void;
}

const nothing: StaffState = { place: "loading", view: null, viewedAt: 0, isHeard: true, wasIdle: false };
/** What the gateway does not tell of, as time that passes, is asked for this often. */
const refreshMs = 10_000;
/** Events may come by the dozen. */
const restMs = 400;
/** While the gateway does not answer. */
const retryMs = 2_000;

export function openStaffClient(): StaffClient {
  const api = createApiClient();
  const state = createStore<StaffState>(nothing);
  const view = keepView(api, state);
  const live = openLive({
    onEvent: ({ event }) => {
      if (event === "staff") view.soon();
    },
    onHeard: (isHeard) => {
      if (isHeard) view.soon();
      else if (state.get().place === "desk") view.change({ isHeard: false });
    },
  });
  void view.begin();
  return {
    state,
    signIn: async (name, pin) => {
      await api.post("/api/staff/sign-in", { name, pin });
      view.change({ place: "loading", wasIdle: false });
      live.reopen();
      await view.refresh();
    },
    signOut: async (wasIdle) => {
      view.forget(wasIdle);
      await api.post("/api/staff/sign-out", {}).catch(() => undefined);
      live.reopen();
    },
    decide: async (path, body) => {
      try {
        await api.post(path, body);
      } finally {
        await view.refresh();
      }
    },
    doctor: () => api.post<readonly StaffCheck[]>("/api/staff/doctor", {}),
    supportBundle: () => api.download("/api/staff/support-bundle", {}),
    close: () => {
      view.close();
      live.close();
    },
  };
}

interface KeptView {
  begin(): Promise<void>;
  refresh(): Promise<void>;
  soon(): void;
  change(part: Partial<StaffState>): void;
  forget(wasIdle: boolean): void;
  close(): void;
}

/** The view as the gateway last told it, asked for again by events, by time, and until it answers. */
function keepView(api: ApiClient, state: Store<StaffState>): KeptView {
  const change = (part: Partial<StaffState>): void => state.set({ ...state.get(), ...part });
  let pending: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const later = (act: () => Promise<void>, afterMs: number): void => {
    clearTimeout(pending);
    pending = setTimeout(() => void act(), afterMs);
  };
  const forget = (wasIdle: boolean): void => {
    asked += 1;
    state.set({ ...nothing, place: "sign-in", wasIdle });
  };
  const refresh = async (): Promise<void> => {
    const number = ++asked;
    try {
      const view = await api.get<StaffView>("/api/staff");
      // What was asked for before a decision, or before signing out, is old when it comes.
      if (number === asked) change({ place: "desk", view, viewedAt: Date.now(), isHeard: true });
    } catch (error) {
      if (number !== asked) return;
      if (error instanceof Refusal && error.status === 401) return forget(false);
      change({ isHeard: false });
      later(refresh, retryMs);
    }
  };
  const begin = async (): Promise<void> => {
    try {
      const { staff } = await api.get<KioskView>("/api/kiosk");
      if (staff === "signed-in") await refresh();
      else change({ place: staff === "none" ? "closed" : "sign-in", isHeard: true });
    } catch {
      change({ isHeard: false });
      later(begin, retryMs);
    }
  };
  const soon = (): void => {
    if (state.get().place === "desk") later(refresh, restMs);
  };
  const timer = setInterval(soon, refreshMs);
  const close = (): void => {
    clearInterval(timer);
    clearTimeout(pending);
  };
  return { begin, refresh, soon, change, forget, close };
}
