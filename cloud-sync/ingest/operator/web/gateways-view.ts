import type { ConditionName, GatewayRow, GatewaysAnswer } from "../fleet-api.ts";
import { ask } from "./api-client.ts";
import { element, icon, setText } from "./dom.ts";
import type { PageContext } from "./page-context.ts";
import { poll } from "./poll.ts";
import { virtualList } from "./virtual-list.ts";
import { agoText, conditionWords, countText, offsetText } from "./wording.ts";

const orders = {
  attention: "What needs attention first",
  gateway: "By name",
  heard: "Longest unheard first",
  backlog: "Largest backlog first",
  readings: "Most readings first",
};

/** The list of gateways: searched, filtered and sorted by the server, a page at a time. */
export function showGateways({ host, signal, lost }: PageContext, given: URLSearchParams): Promise<void> {
  const filters = filterForm(given);
  const summary = element("p", { class: "faint", role: "status" });
  let refresh = new AbortController();
  let now = 0;
  const render = (row: GatewayRow, index: number): HTMLElement => rowOf(row, index, now);
  const list = virtualList<GatewayRow>({ label: "Gateways", render, onNeed: () => refresh.abort() });
  filters.onChange(() => {
    list.toTop();
    refresh.abort();
  });
  const empty = element("p", { class: "hint card" }, [
    "No gateway fits. Clear the search, or choose another condition.",
  ]);
  const card = element("div", { class: "card list" }, [headRow(), list.scroller]);
  const top = element("div", { class: "stack" }, [element("h1", {}, ["Gateways"]), filters.form, summary]);
  host.replaceChildren(top, card, empty);

  const show = ({ now: asOf, total, offset, rows }: GatewaysAnswer): void => {
    now = asOf;
    setText(summary, total === 1 ? "1 gateway fits." : `${countText(total)} gateways fit.`);
    card.hidden = total === 0;
    empty.hidden = total > 0;
    list.show(total, offset, rows);
  };
  const askPage = (stop: AbortSignal): Promise<GatewaysAnswer> => {
    const { offset, limit } = list.wanted();
    const query = new URLSearchParams({ ...filters.values(), offset: String(offset), limit: String(limit) });
    return ask<GatewaysAnswer>(`/api/gateways?${query.toString()}`, stop);
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      refresh = new AbortController();
      await poll({ intervalMs: 4_000, ask: askPage, show, lost }, AbortSignal.any([signal, refresh.signal]));
    }
  };
  return run();
}

interface Filters {
  readonly form: HTMLElement;
  values(): Record<string, string>;
  onChange(listener: () => void): void;
}

function filterForm(given: URLSearchParams): Filters {
  const search = element("input", { type: "search", placeholder: "A part of the name", maxlength: "64" });
  search.value = given.get("search") ?? "";
  const condition = select({ "": "Any condition", ...titles() }, given.get("condition") ?? "");
  const order = select(orders, given.get("order") ?? "attention");
  const form = element("form", { class: "filters", role: "search" }, [
    element("label", { class: "grow" }, ["Search", search]),
    element("label", {}, ["Condition", condition]),
    element("label", {}, ["Order", order]),
  ]);
  const values = (): Record<string, string> => ({
    ...(search.value.trim() === "" ? {} : { search: search.value.trim() }),
    ...(condition.value === "" ? {} : { condition: condition.value }),
    order: order.value,
  });
  return {
    form,
    values,
    onChange(listener) {
      let timer = 0;
      const change = (): void => {
        clearTimeout(timer);
        timer = window.setTimeout(() => {
          const query = new URLSearchParams(values()).toString();
          history.replaceState(null, "", `#/gateways?${query}`);
          listener();
        }, 150);
      };
      form.addEventListener("input", change);
      form.addEventListener("submit", (event) => event.preventDefault());
    },
  };
}

const titles = (): Record<string, string> =>
  Object.fromEntries(Object.entries(conditionWords).map(([name, [title]]) => [name, title]));

function select(options: Readonly<Record<string, string>>, chosen: string): HTMLSelectElement {
  const made = element(
    "select",
    {},
    Object.entries(options).map(([value, text]) => element("option", { value }, [text])),
  );
  made.value = chosen in options ? chosen : (Object.keys(options)[0] ?? "");
  return made;
}

const headRow = (): HTMLElement =>
  element("div", { class: "row head", "aria-hidden": "true" }, [
    element("span", {}, ["Gateway"]),
    element("span", {}, ["Condition"]),
    element("span", { class: "right" }, ["Heard"]),
    element("span", { class: "right third" }, ["Backlog"]),
    element("span", { class: "right second" }, ["Readings, 1 h"]),
    element("span", { class: "right second" }, ["Clock off by"]),
  ]);

function rowOf(row: GatewayRow, index: number, now: number): HTMLElement {
  const { gateway, heardAt, backlog, readingsLastHour, clockOffsetMs } = row;
  const cell = (kind: string, text: string, label: string): HTMLElement =>
    element("span", { class: kind, role: "cell", title: label, "aria-label": `${label}: ${text}` }, [text]);
  return element("div", { class: "row", role: "row", "aria-rowindex": String(index + 1) }, [
    element("span", { role: "cell" }, [
      element("a", { href: `#/gateway/${encodeURIComponent(gateway)}`, title: gateway }, [gateway]),
    ]),
    element("span", { class: "conditions", role: "cell" }, row.conditions.map(conditionOf)),
    cell("right", agoText(heardAt, now), "Heard"),
    cell("right third", backlog === null ? "–" : countText(backlog), "Readings that wait at the gateway"),
    cell("right second", countText(readingsLastHour), "New readings in the last hour"),
    cell("right second", offsetText(clockOffsetMs), "How far its clock is off"),
  ]);
}

export function conditionOf(name: ConditionName): HTMLElement {
  const [title, severity] = conditionWords[name];
  return element("span", { class: `condition ${severity}` }, [icon(severity), title]);
}
