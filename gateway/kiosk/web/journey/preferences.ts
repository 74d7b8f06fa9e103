import { createStore } from "../live/store.ts";

/** How the person in front of the screen reads best; it is forgotten with their visit. */
export interface Preferences {
  readonly isLarge: boolean;
  readonly isHighContrast: boolean;
}

const plain: Preferences = { isLarge: false, isHighContrast: false };

export const preferences = createStore<Preferences>(plain);

export function setPreferences(value: Preferences): void {
  const { dataset } = document.documentElement;
  dataset["text"] = value.isLarge ? "larger" : "plain";
  dataset["contrast"] = value.isHighContrast ? "high" : "plain";
  preferences.set(value);
}

export const forgetPreferences = (): void => setPreferences(plain);
