import { hubEn, type HubWords } from "../messages/hub-en.ts";
import { hubEs } from "../messages/hub-es.ts";
import { useWords } from "../messages/language.ts";

export const useHubWords = (): HubWords => useWords({ en: hubEn, es: hubEs });
