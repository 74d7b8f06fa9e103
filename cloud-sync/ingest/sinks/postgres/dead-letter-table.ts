import { createHash } from "node:crypto";
import { ingestErrors } from "../../ingest-error.ts";
import type { DeadLetter, NewDeadLetter } from "../../sink.ts";
import { plainArray, textArray } from "./array-text.ts";
import { settingsSql, transactionTimeoutsMs } from "./commit-readings.ts";
import type { Session } from "./session.ts";

/**
 * Keeps what is not there yet, all of it or nothing. Several ingestors at once may pass the limit of a gateway by what
 * each of them has in hand: nobody is made to wait for the sake of an exact limit.
 */
export async function keepLetters(
  session: Session,
  letters: readonly NewDeadLetter[],
  perGatewayMax: number,
): Promise<void> {
  const chosen = chooseLetters(letters);
  if (chosen.length === 0) return;
  await session.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  await session.query(settingsSql, transactionTimeoutsMs);
  const inserted = await session.query<{ gateway: string }>(keepSql, [
    textArray(chosen.map(({ gateway }) => gateway)),
    hexArray(chosen.map(({ digest }) => digest)),
    textArray(chosen.map(({ code }) => code)),
    textArray(chosen.map(({ reason }) => reason)),
    hexArray(chosen.map(({ payload }) => payload)),
    plainArray(chosen.map(({ receivedAt }) => receivedAt)),
  ]);
  const gateways = [...new Set(inserted.map(({ gateway }) => gateway))];
  if (gateways.length > 0) await expectRoom(session, gateways, perGatewayMax);
  // As with readings, a commit that writes nothing would wait for nobody.
  if (inserted.length < chosen.length) await session.query(touchSql);
  await session.commit();
}

export async function removeLetters(session: Session, ids: readonly number[]): Promise<void> {
  if (ids.length > 0)
    await session.query("DELETE FROM carepost.dead_letters WHERE id = ANY($1::bigint[])", [plainArray(ids)]);
}

export async function lettersAfter(
  session: Session,
  query: { readonly afterId: number; readonly limit: number },
): Promise<readonly DeadLetter[]> {
  const rows = await session.query<Omit<DeadLetter, "id" | "receivedAt"> & { id: string; received_at: string }>(
    `SELECT id, gateway, code, reason, payload, received_at FROM carepost.dead_letters
     WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint`,
    [query.afterId, query.limit],
  );
  return rows.map(({ id, gateway, code, reason, payload, received_at: receivedAt }) => ({
    id: Number(id),
    gateway,
    code,
    reason,
    payload,
    receivedAt: Number(receivedAt),
  }));
}

interface DigestedLetter extends NewDeadLetter {
  readonly digest: Uint8Array;
}

/** Each once, in the order in which they came, which is the order of their ids. */
function chooseLetters(letters: readonly NewDeadLetter[]): readonly DigestedLetter[] {
  const chosen = new Map<string, DigestedLetter>();
  for (const letter of letters) {
    const digest = createHash("sha256").update(letter.payload).digest();
    chosen.set(`${letter.gateway} ${digest.toString("hex")}`, { ...letter, digest });
  }
  return [...chosen.values()];
}

async function expectRoom(session: Session, gateways: readonly string[], perGatewayMax: number): Promise<void> {
  const [full] = await session.query<{ gateway: string }>(
    `SELECT gateway FROM carepost.dead_letters WHERE gateway = ANY($1::text[])
     GROUP BY gateway HAVING count(*) > $2::bigint LIMIT 1`,
    [textArray(gateways), perGatewayMax],
  );
  if (full === undefined) return;
  throw ingestErrors.make("dead-letters-full", "a gateway has as many dead letters as one may have");
}

const keepSql = `INSERT INTO carepost.dead_letters (gateway, digest, code, reason, payload, received_at)
  SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::bigint[])
  ON CONFLICT (gateway, digest) DO NOTHING RETURNING gateway`;

/** Writes a row that is there, so that the commit waits for the disk and for the standbys. */
export const touchSql = "UPDATE carepost.totals SET readings = readings WHERE shard = 0";

/** Octets in an array: the backslash of `\x` is escaped for the array. */
const hexArray = (values: readonly Uint8Array[]): string =>
  textArray(values.map((value) => String.raw`\x${Buffer.from(value).toString("hex")}`));
