import type { GatewayAnswer } from "../fleet-api.ts";
import { ask, Refusal } from "./api-client.ts";
import { element, facts, icon, sentence, setText } from "./dom.ts";
import { conditionOf } from "./gateways-view.ts";
import type { PageContext } from "./page-context.ts";
import { poll } from "./poll.ts";
import { supportPart } from "./support-part.ts";
import { agoText, conditionWords, countText, durationText, lifeText, offsetText, timeText } from "./wording.ts";

const stateFacts = [
  "Last heard",
  "Last batch",
  "Backlog",
  "Oldest unsent",
  "Held or undated",
  "Clock",
  "Radio",
  "Store",
  "Certificate",
  "Certificate of its pages",
  "Version",
];
const countFacts = ["Batches", "New readings", "Known already", "Rejected", "Refusals", "Readings, last hour"];

/** One gateway: how it is, what to do, and what happened. */
export function showGateway({ host, session, signal, lost }: PageContext, id: string): Promise<void> {
  const conditions = element("p", { class: "conditions" });
  const advice = element("ul", { class: "advice" });
  const state = facts(stateFacts);
  const counts = facts(countFacts);
  const life = element("ol", { class: "life" });
  const note = element("p", { class: "faint small" });
  const missing = element("p", { class: "card hint" });
  missing.hidden = true;
  const section = (title: string, children: readonly HTMLElement[], kind = ""): HTMLElement =>
    element("section", { class: `card stack ${kind}` }, [element("h2", {}, [title]), ...children]);
  const columns = element("div", { class: "columns" }, [
    section("What to do", [advice], "wide"),
    section("How it is", [state.list]),
    section("Since the ingestor's start", [counts.list]),
    section("What happened", [life, note], "wide"),
    section("For whoever helps", supportPart(id, session.csrfToken), "wide"),
  ]);
  const back = element("p", { class: "small" }, [element("a", { href: "#/gateways" }, ["All gateways"])]);
  host.replaceChildren(
    element("div", { class: "stack" }, [back, element("h1", {}, [id]), conditions]),
    missing,
    columns,
  );

  const show = (answer: GatewayAnswer): void => {
    missing.hidden = true;
    columns.hidden = false;
    conditions.replaceChildren(...answer.conditions.map(conditionOf));
    const troubles = answer.advice.filter(({ name }) => name !== "online");
    advice.replaceChildren(...(troubles.length > 0 ? troubles : answer.advice).map(adviceOf));
    state.set(stateTexts(answer));
    const { batches, stored, duplicates, rejected, refused } = answer.totals;
    counts.set([batches, stored, duplicates, rejected, refused, answer.readingsLastHour].map(countText));
    life.replaceChildren(...answer.life.toReversed().map(lifeOf));
    const start = `The ingestor started at ${timeText(answer.since)}; of what was before, nothing is known here.`;
    setText(note, answer.isLifeCut ? `Only the latest 32 entries are kept. ${start}` : start);
  };
  const onLost: PageContext["lost"] = (refusal, nextMs) => {
    const isUnknown = refusal instanceof Refusal && refusal.status === 404;
    lost(isUnknown ? null : refusal, nextMs);
    if (!isUnknown) return;
    columns.hidden = true;
    missing.hidden = false;
    setText(missing, "This ingestor has not heard of this gateway since it started. It appears with its first word.");
  };
  const path = `/api/gateways/${encodeURIComponent(id)}`;
  return poll({ intervalMs: 4_000, ask: (stop) => ask<GatewayAnswer>(path, stop), show, lost: onLost }, signal);
}

function stateTexts(answer: GatewayAnswer): readonly string[] {
  const { now, backlog, oldestUnsentAt, held, clock, clockOffsetMs, radio, alarm } = answer;
  const offset = clockOffsetMs === null ? "" : `, off by ${offsetText(clockOffsetMs)}`;
  return [
    agoText(answer.heardAt, now),
    agoText(answer.lastBatchAt, now),
    backlog === null ? "–" : `${countText(backlog)} readings`,
    oldestUnsentAt === null ? "–" : agoText(oldestUnsentAt, now),
    held === null ? "–" : countText(held),
    clock === null ? "–" : clock + offset,
    radio ?? "–",
    alarm ?? (answer.stateAt === null ? "–" : "takes readings"),
    certificateText(answer.certificateExpiresAt, now),
    certificateText(answer.pagesCertificateExpiresAt, now),
    answer.version ?? "–",
  ];
}

function certificateText(expiresAt: number | null, now: number): string {
  if (expiresAt === null) return "–";
  return expiresAt < now ? `ended ${durationText(now - expiresAt)} ago` : `ends in ${durationText(expiresAt - now)}`;
}

function adviceOf({ name, title, remedy }: GatewayAnswer["advice"][number]): HTMLElement {
  const [, severity] = conditionWords[name];
  return element("li", {}, [
    icon(severity),
    element("strong", {}, [title]),
    element("p", { class: "faint" }, sentence(remedy)),
  ]);
}

const lifeOf = (entry: GatewayAnswer["life"][number]): HTMLElement =>
  element("li", {}, [
    element("time", { datetime: new Date(entry.at).toISOString() }, [timeText(entry.at)]),
    element("span", {}, [lifeText(entry)]),
  ]);
