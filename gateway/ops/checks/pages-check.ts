import { doubtful, healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";

export interface PagesPlan {
  readonly pages: "kiosk" | "hub";
  /** May anybody sign in, by the configuration? */
  readonly hasStaff: boolean;
  /** Reads all that the pages are made from, as a start does; rejects with what would keep the gateway from starting. */
  readonly prepare: () => Promise<unknown>;
}

/** Would the pages for people come up: are they built, and can staff, consent texts and range tables be read? */
export const pagesCheck = ({ pages, hasStaff, prepare }: PagesPlan): Check => ({
  name: "pages",
  run: async () => {
    await prepare();
    if (pages === "hub") return healthy(say("pages-hub-ready"));
    return hasStaff ? healthy(say("pages-kiosk-ready")) : doubtful(say("pages-without-staff"));
  },
});
