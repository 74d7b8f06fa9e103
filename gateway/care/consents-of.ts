import type { ConsentRecord, Store } from "../store/store.ts";

const consentsMax = 1_000;

/** What a person ever agreed to here, with what they took back. */
export const consentsOf = async (store: Pick<Store, "consents">, person: string): Promise<readonly ConsentRecord[]> =>
  await store.consents({ person, limit: consentsMax });

export const isStanding = ({ withdrawnAt }: ConsentRecord): boolean => withdrawnAt === null;

/** Was this one taken back? One that is kept elsewhere, as on paper, is not known here, and was not. */
export const isTakenBack = (consents: readonly ConsentRecord[], id: string): boolean =>
  consents.some((consent) => consent.id === id && !isStanding(consent));
