import { stands } from "../care/assignments.ts";
import { consentsOf, isStanding, isTakenBack } from "../care/consents-of.ts";
import type { Store } from "../store/store.ts";
import { cliErrors } from "./cli-error.ts";

/**
 * A consent that is kept elsewhere, as on paper, cannot be looked up here.
 * @throws CarepostError `consent-withdrawn`: it is known here, and was taken back
 */
export async function requireConsent(store: Store, person: string, named: string): Promise<void> {
  if (!isTakenBack(await consentsOf(store, person), named)) return;
  throw cliErrors.make("consent-withdrawn", "this person has withdrawn that consent");
}

/**
 * Somebody who took back all that they agreed to here gets nothing, unless they have a device under another consent.
 * @throws CarepostError `consent-withdrawn`
 */
export async function requireNotWithdrawn(store: Store, person: string, at: number): Promise<void> {
  const consents = await consentsOf(store, person);
  if (consents.length === 0 || consents.some(isStanding)) return;
  const assignments = await store.assignments();
  if (assignments.some((each) => each.person === person && stands(each, at))) return;
  throw cliErrors.make("consent-withdrawn", "this person has withdrawn their consent");
}
