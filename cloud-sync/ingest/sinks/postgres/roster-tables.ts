import type { Roster } from "../../../contract/roster.ts";
import type { CareChange } from "../../care-change.ts";
import { type HeardRoster, type Home, type RosterDue, rosterVersionMax } from "../../roster-book.ts";
import { enrolmentsReadMax, rosterOf } from "../../roster-of.ts";
import { plainArray, textArray } from "./array-text.ts";
import { again, settingsSql, transactionTimeoutsMs } from "./commit-readings.ts";
import type { Session } from "./session.ts";

type Change<Type extends CareChange["type"]> = Extract<CareChange, { readonly type: Type }>;

/**
 * Applies what an event says, within its transaction. Whoever changes something of a person holds that person's row in
 * `homes` from before it looks to its commit: so an enrolment and the withdrawal of its consent see each other, and a
 * change that is on its way to one home sees that there is another.
 */
export async function applyChange(session: Session, change: CareChange): Promise<void> {
  if (change.type === "enrolment") await enrol(session, change);
  else if (change.type === "enrolment-ended") await end(session, change);
  else await withdraw(session, change);
}

export async function setHomes(session: Session, homes: readonly Home[]): Promise<number> {
  return await changeHomes(session, new Map(homes.map(({ person, gateway }) => [person, gateway])));
}

export async function removeHomes(session: Session, people: readonly string[]): Promise<number> {
  return await changeHomes(session, new Map(people.map((person) => [person, null])));
}

export async function homesAfter(
  session: Session,
  query: { readonly afterPerson: string; readonly limit: number },
): Promise<readonly Home[]> {
  return await session.query<Home>(homesSql, [query.afterPerson, query.limit]);
}

/** Null for a gateway that never was anybody's home. One statement, so that version and content are of one moment. */
export async function rosterOfGateway(session: Session, gateway: string): Promise<Roster | null> {
  const rows = await session.query<RosterRow>(rosterSql, [gateway, enrolmentsReadMax]);
  const [first] = rows;
  if (first === undefined) return null;
  const entries = rows.flatMap(({ id, device, slot, person, consent, fromat }) =>
    id === null ? [] : [{ id, device, userSlot: slot, person, consent, fromAt: Number(fromat) }],
  );
  return rosterOf(Number(first.version), entries);
}

/** Notes what gateways follow; returns those that ought to get another. Of two words of one gateway, the last counts. */
export async function hearRosters(session: Session, heard: readonly HeardRoster[]): Promise<readonly RosterDue[]> {
  const last = new Map(heard.map(({ gateway, version }) => [gateway, version ?? 0]));
  if (last.size === 0) return [];
  const values = [textArray([...last.keys()]), plainArray([...last.values()])];
  const rows = await session.query<{ gateway: string; version: string; shown: string; said: string }>(heardSql, values);
  const news = rows.filter(({ shown, said }) => shown !== said).map(({ gateway }) => gateway);
  const said = news.map((gateway) => last.get(gateway) ?? 0);
  if (news.length > 0) await session.query(showSql, [textArray(news), plainArray(said)]);
  const due: RosterDue[] = [];
  for (const row of rows.filter(({ version, said: heardNow }) => version !== heardNow)) {
    const follows = Number(row.said);
    const isLater = follows > Number(row.version) && follows < rosterVersionMax;
    if (isLater) await session.query(raiseSql, [row.gateway, follows]);
    due.push({ gateway: row.gateway, version: isLater ? follows + 1 : Number(row.version) });
  }
  return due;
}

export async function outstandingRosters(
  session: Session,
  query: { readonly afterGateway: string; readonly limit: number },
): Promise<readonly RosterDue[]> {
  const values = [query.afterGateway, query.limit];
  const rows = await session.query<{ gateway: string; version: string }>(outstandingSql, values);
  return rows.map(({ gateway, version }) => ({ gateway, version: Number(version) }));
}

interface RosterRow {
  readonly version: string;
  readonly id: string | null;
  readonly device: string;
  readonly slot: number | null;
  readonly person: string;
  readonly consent: string;
  readonly fromat: string;
}

async function enrol(session: Session, change: Change<"enrolment">): Promise<void> {
  const { gateway, id, device, userSlot, person, consent, fromAt } = change;
  const home = await hold(session, person);
  const values = [gateway, id, device, userSlot, person, consent, fromAt];
  const [made] = await session.query<{ until: string | null }>(enrolSql, values);
  if (made?.until === null) await grow(session, home);
}

/** Whose it is stands in the row, if it was told already; a row that has none takes its end along. */
async function end(session: Session, { gateway, id, untilAt }: Change<"enrolment-ended">): Promise<void> {
  const [before] = await session.query<{ person: string | null }>(whoseSql, [gateway, id]);
  const owner = before?.person ?? null;
  const home = owner === null ? null : await hold(session, owner);
  const [ended] = await session.query<{ person: string | null }>(endSql, [gateway, id, untilAt]);
  const person = ended?.person ?? null;
  if (person !== null) await grow(session, owner === null ? await hold(session, person) : home);
  await endAtHome(session, { gateway, id, untilAt });
}

/** What other gateways enrolled, and this home was given to follow: people may take it back at home, too. */
async function endAtHome(
  session: Session,
  { gateway, id, untilAt }: Omit<Change<"enrolment-ended">, "type">,
): Promise<void> {
  const followed = await session.query<{ person: string }>(atHomeSql, [gateway, id]);
  for (const { person } of followed) {
    const home = await hold(session, person);
    if (home !== gateway) continue;
    const ended = await session.query<{ id: string }>(endAtHomeSql, [person, id, untilAt]);
    if (ended.length > 0) await grow(session, home);
  }
}

async function withdraw(session: Session, { person, consent, at }: Change<"consent-withdrawn">): Promise<void> {
  const home = await hold(session, person);
  await session.query(withdrawSql, [person, consent, at]);
  const ended = await session.query<{ id: string }>(endOfConsentSql, [person, consent, at]);
  if (ended.length > 0) await grow(session, home);
}

/** Takes the person's row until the end of the transaction, and returns where they are at home. */
async function hold(session: Session, person: string): Promise<string | null> {
  const [row] = await session.query<{ gateway: string | null }>(holdSql, [person]);
  return row?.gateway ?? null;
}

async function grow(session: Session, gateway: string | null): Promise<void> {
  if (gateway !== null) await session.query(growSql, [gateway]);
}

async function changeHomes(session: Session, homes: ReadonlyMap<string, string | null>): Promise<number> {
  const people = [...homes.keys()].toSorted();
  if (people.length === 0) return 0;
  return await again(session, async () => {
    let changed = 0;
    await session.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    await session.query(settingsSql, transactionTimeoutsMs);
    for (const person of people) {
      const gateway = homes.get(person) ?? null;
      const former = await hold(session, person);
      if (former === gateway) continue;
      await session.query(setHomeSql, [person, gateway]);
      for (const hub of [former, gateway]) await grow(session, hub);
      changed += 1;
    }
    await session.commit();
    return changed;
  });
}

const holdSql = `INSERT INTO carepost.homes (person, gateway, holds) VALUES ($1::text, NULL, 1)
  ON CONFLICT (person) DO UPDATE SET holds = homes.holds + 1 RETURNING gateway`;

const setHomeSql = "UPDATE carepost.homes SET gateway = $2::text WHERE person = $1::text";

const homesSql = `SELECT person, gateway FROM carepost.homes
  WHERE person > $1::text AND gateway IS NOT NULL ORDER BY person LIMIT $2::bigint`;

/** A row that only an end was known of is filled in; one that is whole stays as it is. */
const enrolSql = `INSERT INTO carepost.enrolments (gateway, id, device, user_slot, person, consent, from_at, until_at)
  SELECT $1::text, $2::text, $3::text, $4::smallint, $5::text, $6::text, $7::bigint,
    (SELECT at FROM carepost.withdrawn_consents WHERE person = $5::text AND consent = $6::text)
  ON CONFLICT (gateway, id) DO UPDATE SET device = excluded.device, user_slot = excluded.user_slot,
    person = excluded.person, consent = excluded.consent, from_at = excluded.from_at
  WHERE enrolments.person IS NULL
  RETURNING until_at AS until`;

const whoseSql = "SELECT person FROM carepost.enrolments WHERE gateway = $1::text AND id = $2::text";

const endSql = `INSERT INTO carepost.enrolments (gateway, id, until_at) VALUES ($1::text, $2::text, $3::bigint)
  ON CONFLICT (gateway, id) DO UPDATE
    SET until_at = least(excluded.until_at, coalesce(enrolments.until_at, excluded.until_at)) RETURNING person`;

const atHomeSql = `SELECT DISTINCT e.person
  FROM carepost.homes AS h JOIN carepost.enrolments AS e ON e.person = h.person AND e.until_at IS NULL
  WHERE h.gateway = $1::text AND e.id = $2::text ORDER BY e.person`;

const endAtHomeSql = `UPDATE carepost.enrolments SET until_at = $3::bigint
  WHERE person = $1::text AND id = $2::text AND until_at IS NULL RETURNING id`;

const withdrawSql = `INSERT INTO carepost.withdrawn_consents (person, consent, at) VALUES ($1::text, $2::text, $3::bigint)
  ON CONFLICT (person, consent) DO NOTHING`;

const endOfConsentSql = `UPDATE carepost.enrolments SET until_at = $3::bigint
  WHERE person = $1::text AND consent = $2::text AND until_at IS NULL RETURNING id`;

/** The server's clock, in milliseconds, so that versions grow also where a database begins anew. */
const growSql = `INSERT INTO carepost.rosters (gateway, version, shown)
  VALUES ($1::text, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0)
  ON CONFLICT (gateway) DO UPDATE SET version = greatest(rosters.version + 1, excluded.version)`;

const rosterSql = `SELECT r.version, e.id, e.device, e.user_slot AS slot, e.person, e.consent, e.from_at AS fromat
  FROM carepost.rosters AS r
  LEFT JOIN (carepost.homes AS h JOIN carepost.enrolments AS e ON e.person = h.person AND e.until_at IS NULL)
    ON h.gateway = r.gateway
  WHERE r.gateway = $1::text ORDER BY e.from_at DESC, e.id, e.gateway LIMIT $2::bigint`;

const heardSql = `SELECT r.gateway, r.version, r.shown, u.said
  FROM unnest($1::text[], $2::bigint[]) AS u(gateway, said) JOIN carepost.rosters AS r ON r.gateway = u.gateway
  ORDER BY r.gateway`;

const raiseSql = "UPDATE carepost.rosters SET version = greatest(version, $2::bigint + 1) WHERE gateway = $1::text";

const showSql = `UPDATE carepost.rosters AS r SET shown = u.said
  FROM (SELECT * FROM unnest($1::text[], $2::bigint[]) AS n(gateway, said) ORDER BY n.gateway) AS u
  WHERE r.gateway = u.gateway`;

const outstandingSql = `SELECT gateway, version FROM carepost.rosters
  WHERE shown <> version AND gateway > $1::text ORDER BY gateway LIMIT $2::bigint`;
