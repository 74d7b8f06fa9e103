import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en, type Words } from "../messages/en.ts";
import { es } from "../messages/es.ts";
import { useWords } from "../messages/language.ts";
import { useStore } from "../live/store.ts";
import type { KioskSession, KioskState } from "./kiosk-session.ts";

/** The session that a page was opened with. */
export const SessionContext = createContext<KioskSession | null>(null);

export function useSession(): KioskSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("a screen is shown outside of a kiosk page");
  return session;
}

export const useKiosk = (): KioskState => useStore(useSession().state);

export const useKioskWords = (): Words => useWords({ en, es });
