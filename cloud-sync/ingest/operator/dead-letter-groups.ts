import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { DeadLetterDesk } from "../dead-letter-desk.ts";
import type { ListedDeadLetter } from "../dead-letters.ts";
import type { DeadLetterGroup, DeadLettersAnswer } from "./fleet-api.ts";
import { maskedPayload } from "./masked-payload.ts";

const pageLetters = 200;
/** Of 64 KiB each they would be 312 MiB read, a page at a time: more than a look at them is worth. */
const lettersMax = 5_000;
const samplesMax = 5;
const goodMs = 5_000;

/** The dead letters by code, for the page: read anew every five seconds at most, whoever asks. */
export function deadLetterGroups(
  desk: DeadLetterDesk,
  clock: Clock,
): (isFresh?: boolean) => Promise<DeadLettersAnswer> {
  let last: { readonly answer: Promise<DeadLettersAnswer>; readonly goodUntilMs: number } | null = null;
  return async (isFresh = false) => {
    if (last === null || isFresh || clock.monotonicMs() >= last.goodUntilMs) {
      last = { answer: examine(desk), goodUntilMs: clock.monotonicMs() + goodMs };
    }
    try {
      return await last.answer;
    } catch (error) {
      last = null;
      throw error;
    }
  };
}

interface Group {
  readonly code: string;
  readonly remedy: string;
  letters: number;
  readonly gateways: Set<string>;
  firstAt: number;
  lastAt: number;
  readonly latest: ListedDeadLetter[];
}

async function examine(desk: DeadLetterDesk): Promise<DeadLettersAnswer> {
  const groups = new Map<string, Group>();
  let examined = 0;
  let isAll = false;
  for (let afterId = 0; examined < lettersMax && !isAll;) {
    const page = await desk.list({ afterId, limit: pageLetters });
    for (const letter of page) addTo(groups, letter);
    examined += page.length;
    isAll = page.length < pageLetters;
    afterId = page.at(-1)?.id ?? afterId;
  }
  const total = isAll ? examined : (await desk.counts()).deadLetters;
  const sorted = [...groups.values()].toSorted((a, b) => b.letters - a.letters);
  return { total, examined, isAll, groups: sorted.map(answerOf) };
}

function addTo(groups: Map<string, Group>, letter: ListedDeadLetter): void {
  const { code, remedy, receivedAt, gateway } = letter;
  const group = groups.get(code) ?? {
    code,
    remedy,
    letters: 0,
    gateways: new Set(),
    firstAt: receivedAt,
    lastAt: receivedAt,
    latest: [],
  };
  groups.set(code, group);
  group.letters += 1;
  group.gateways.add(gateway);
  group.firstAt = Math.min(group.firstAt, receivedAt);
  group.lastAt = Math.max(group.lastAt, receivedAt);
  group.latest.unshift(letter);
  group.latest.splice(samplesMax);
}

const answerOf = ({ gateways, latest, ...group }: Group): DeadLetterGroup => ({
  ...group,
  gateways: gateways.size,
  samples: latest.map(({ id, gateway, reason, receivedAt, payload }) => ({
    id,
    gateway,
    reason,
    receivedAt,
    bytes: payload.byteLength,
    payload: maskedPayload(payload),
  })),
});
