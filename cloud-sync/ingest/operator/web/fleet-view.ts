import type { ConditionCount, FleetAnswer, Percentiles } from "../fleet-api.ts";
import { ask } from "./api-client.ts";
import { element, facts, icon, setText } from "./dom.ts";
import type { PageContext } from "./page-context.ts";
import { poll } from "./poll.ts";
import { sparkline } from "./sparkline.ts";
import { countText, durationText, latencyText, plural, timeText } from "./wording.ts";

/** The fleet at a glance. */
export function showFleet({ host, signal, lost }: PageContext): Promise<void> {
  const headline = element("h1");
  const since = element("p", { class: "faint" });
  const tiles = element("ul", { class: "tiles", "aria-label": "Gateways by condition" });
  const cards = [trafficCard(), latencyCard(), doorsCard()];
  const columns = element(
    "div",
    { class: "columns" },
    cards.map(({ card }) => card),
  );
  host.replaceChildren(element("div", { class: "stack" }, [headline, since]), tiles, columns);
  const show = (fleet: FleetAnswer): void => {
    setText(headline, headlineOf(fleet));
    setText(since, sinceOf(fleet));
    showTiles(tiles, fleet.conditions);
    for (const card of cards) card.show(fleet);
  };
  return poll({ intervalMs: 3_000, ask: (stop) => ask<FleetAnswer>("/api/fleet", stop), show, lost }, signal);
}

interface Card {
  readonly card: HTMLElement;
  show(fleet: FleetAnswer): void;
}

function headlineOf({ gateways, conditions }: FleetAnswer): string {
  if (gateways === 0) return "No gateway has been heard of yet";
  const count = (name: string): number => conditions.find((condition) => condition.name === name)?.gateways ?? 0;
  const online = count("online");
  const worst = conditions
    .filter(({ severity, gateways: some }) => some > 0 && (severity === "warning" || severity === "critical"))
    .toSorted(
      (a, b) => Number(b.severity === "critical") - Number(a.severity === "critical") || b.gateways - a.gateways,
    );
  const presence =
    online === gateways
      ? gateways === 1
        ? "The one gateway is online"
        : `All ${countText(gateways)} gateways are online`
      : `${countText(online)} of ${plural(gateways, "gateway")} online`;
  const [first] = worst;
  if (first === undefined) return `${presence}, and nothing needs attention`;
  return `${presence}. Look first at: ${first.title.toLowerCase()} (${countText(first.gateways)})`;
}

function sinceOf({ since, now, gateways, untracked }: FleetAnswer): string {
  const start = `What this ingestor has heard since its start at ${timeText(since)}, ${durationText(now - since)} ago.`;
  const others =
    gateways === 0 ? " A gateway appears here with its first word." : " Another ingestor knows what it heard itself.";
  const beyond = untracked === 0 ? "" : ` ${plural(untracked, "message")} came from gateways beyond the page's bound.`;
  return start + others + beyond;
}

function showTiles(tiles: HTMLElement, conditions: readonly ConditionCount[]): void {
  if (tiles.childElementCount === 0) {
    tiles.append(
      ...conditions.map(({ name, title, severity, remedy }) => {
        const figure = element("span", { class: "figure" });
        const label = element("span", { class: "label" }, [icon(severity), title]);
        const tile = element("a", { class: `tile ${severity}`, href: `#/gateways?condition=${name}`, title: remedy }, [
          label,
          figure,
        ]);
        return element("li", {}, [tile]);
      }),
    );
  }
  for (const [index, { gateways }] of conditions.entries()) {
    const tile = tiles.children[index]?.firstElementChild;
    const figure = tile?.querySelector(".figure");
    if (figure !== null && figure !== undefined) setText(figure, countText(gateways));
    tile?.classList.toggle("none", gateways === 0);
  }
}

function trafficCard(): Card {
  const rate = element("span", { class: "figure" });
  const chart = sparkline("New readings in each of the last 60 minutes");
  const totals = element("p", { class: "faint small number" });
  const head = element("div", { class: "between" }, [
    element("h2", {}, ["Ingest rate"]),
    element("span", { class: "faint small" }, ["the last 60 minutes"]),
  ]);
  const unit = element("span", { class: "faint" }, [" readings a minute"]);
  const card = element("section", { class: "card stack wide" }, [
    head,
    element("p", {}, [rate, unit]),
    chart.picture,
    totals,
  ]);
  return {
    card,
    show({ traffic: { storedPerMinute, totals: sums } }) {
      const whole = storedPerMinute.slice(-6, -1);
      const mean = whole.reduce((sum, count) => sum + count, 0) / Math.max(1, whole.length);
      setText(rate, mean > 0 && mean < 10 ? mean.toFixed(1) : countText(mean));
      chart.show(storedPerMinute);
      setText(
        totals,
        `Since the start: ${plural(sums.stored, "new reading")} in ${sums.batches === 1 ? "1 batch" : `${countText(sums.batches)} batches`}, ` +
          `${countText(sums.duplicates)} known already, ${countText(sums.rejected)} rejected.`,
      );
    },
  };
}

function latencyCard(): Card {
  const { list, set } = facts([
    "Receipt, half within",
    "Receipt, 95 % within",
    "Receipt, 99 % within",
    "Commit, 95 % within",
  ]);
  const card = element("section", { class: "card stack" }, [element("h2", {}, ["Latency"]), list]);
  const text = (percentiles: Percentiles | null, key: "p50" | "p95" | "p99"): string =>
    percentiles === null ? "–" : latencyText(percentiles[key]);
  return {
    card,
    show({ traffic: { receiptMs, commitMs } }) {
      set([text(receiptMs, "p50"), text(receiptMs, "p95"), text(receiptMs, "p99"), text(commitMs, "p95")]);
    },
  };
}

function doorsCard(): Card {
  const { list, set } = facts([
    "Sink",
    "Readings in it",
    "Dead letters",
    "Connections",
    "Under way",
    "Refused",
    "Shed",
  ]);
  const more = element("p", { class: "small" }, [
    element("a", { href: "#/dead-letters" }, ["Look at the dead letters"]),
  ]);
  const card = element("section", { class: "card stack" }, [element("h2", {}, ["Sink and broker"]), list, more]);
  return {
    card,
    show({ sink, connections, underWay, refused, shed }) {
      const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
      const known = (count: number | null): string => (count === null ? "–" : countText(count));
      set([
        { up: "✓ up", down: "✕ down", unknown: "not asked yet" }[sink.state],
        known(sink.readings),
        known(sink.deadLetters),
        countText(connections),
        plural(underWay, "message"),
        plural(refusals, "time"),
        plural(shed, "message"),
      ]);
    },
  };
}
