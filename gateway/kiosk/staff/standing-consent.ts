import { stands } from "../../care/assignments.ts";
import { consentsOf, isTakenBack, standingConsentsOf } from "../../care/consents-of.ts";
import type { Store } from "../../store/store.ts";
import { staffErrors } from "./staff-error.ts";

export interface ConsentPlace {
  readonly store: Pick<Store, "consents" | "assignments">;
  readonly now: () => number;
}

/**
 * The consent on which something may be given to this person: the one that is named, which may be a paper form's; else
 * the latest that stands here, by their own word at the kiosk or under an assignment.
 * @throws CarepostError `consent-not-standing`
 */
export async function standingConsent(
  { store, now }: ConsentPlace,
  person: string,
  named: string | null = null,
): Promise<string> {
  if (named !== null) {
    if (isTakenBack(await consentsOf(store, person), named)) throw refused();
    return named;
  }
  const [latest] = await standingConsentsOf(store, person);
  if (latest !== undefined) return latest.id;
  const owned = (await store.assignments()).find((each) => each.person === person && stands(each, now()));
  if (owned !== undefined) return owned.consent;
  throw refused();
}

const refused = (): Error => staffErrors.make("consent-not-standing", "this person's consent does not stand here");
