import type { ConsentRecord, Store } from "../store/store.ts";

const consentsMax = 1_000;

/** What a person ever agreed to here, with what they took back, the latest first. */
export const consentsOf = async (store: Pick<Store, "consents">, person: string): Promise<readonly ConsentRecord[]> =>
  await store.consents({ person, limit: consentsMax });

/** What they agreed to and did not take back, the latest first. */
export const standingConsentsOf = async (
  store: Pick<Store, "consents">,
  person: string,
): Promise<readonly ConsentRecord[]> => (await consentsOf(store, person)).filter(isStanding);

export const isStanding = ({ withdrawnAt }: ConsentRecord): boolean => withdrawnAt === null;

/** Was this one taken back? One that is kept elsewhere, as on paper, is not known here, and was not. */
export const isTakenBack = (consents: readonly ConsentRecord[], id: string): boolean =>
  consents.some((consent) => consent.id === id && !isStanding(consent));
