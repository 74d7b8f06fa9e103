import type { DeadLetterGroup, DeadLetterSample, DeadLettersAnswer, ReplayAnswer } from "../fleet-api.ts";
import { ask, Refusal, tell } from "./api-client.ts";
import { element, sentence, setText } from "./dom.ts";
import type { PageContext } from "./page-context.ts";
import { poll } from "./poll.ts";
import { countText, plural, timeText } from "./wording.ts";

/** What could not be taken, by reason, and the one thing that this page can change: judge it again. */
export function showDeadLetters({ host, session, signal, lost }: PageContext): Promise<void> {
  const headline = element("h1", {}, ["Dead letters"]);
  const summary = element("p", { class: "faint" });
  const outcome = element("p", { role: "status" });
  const list = element("div", { class: "stack" });
  host.replaceChildren(element("div", { class: "stack" }, [headline, summary, outcome]), list);
  let shown = "";
  let refresh = new AbortController();

  const replay = async (button: HTMLButtonElement, what: object): Promise<void> => {
    button.disabled = true;
    setText(outcome, "Judging them again…");
    try {
      setText(outcome, replayText(await tell("/api/dead-letters/replay", what, session.csrfToken ?? "")));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setText(outcome, `Nothing was changed: ${error.message}. ${error.remedy}`);
    }
    button.disabled = false;
    shown = "";
    refresh.abort();
  };

  const show = (answer: DeadLettersAnswer): void => {
    summary.replaceChildren(...sentence(summaryOf(answer)).filter((part) => part !== null));
    const text = JSON.stringify(answer.groups);
    // What is open stays open, and what has the focus keeps it, while nothing is new.
    if (text === shown) return;
    shown = text;
    list.replaceChildren(...answer.groups.map((group) => groupOf(group, replay)));
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      refresh = new AbortController();
      const stop = AbortSignal.any([signal, refresh.signal]);
      await poll(
        { intervalMs: 10_000, ask: (own) => ask<DeadLettersAnswer>("/api/dead-letters", own), show, lost },
        stop,
      );
    }
  };
  return run();
}

type Replay = (button: HTMLButtonElement, what: object) => Promise<void>;

function summaryOf({ total, examined, isAll }: DeadLettersAnswer): string {
  if (examined === 0) return "There are none: everything that came was taken, or was judged again and taken.";
  const kept =
    "Each is kept whole. Values and persons are not shown here; `carepost ingest dead-letters list` has them.";
  if (isAll) return `${plural(total ?? examined, "dead letter")}. ${kept}`;
  return `${countText(total ?? examined)} in all; the oldest ${countText(examined)} are grouped here. ${kept}`;
}

function replayText({ examined, stored, duplicates, remaining }: ReplayAnswer): string {
  const judged = `${plural(examined, "dead letter")} judged again: ${plural(stored, "reading")} stored`;
  return `${judged}, ${countText(duplicates)} were there already, ${countText(remaining)} still wrong.`;
}

function groupOf(group: DeadLetterGroup, replay: Replay): HTMLElement {
  const { code, remedy, letters, gateways, firstAt, lastAt, samples } = group;
  const times = firstAt === lastAt ? timeText(firstAt) : `${timeText(firstAt)} to ${timeText(lastAt)}`;
  const counts = `${plural(letters, "letter")} of ${plural(gateways, "gateway")}, ${times}`;
  const button = replayButton(letters === 1 ? "Replay it" : "Replay the group", { code }, replay);
  return element("section", { class: "card stack" }, [
    element("div", { class: "between" }, [element("h2", { class: "mono" }, [code]), button]),
    element("p", { class: "faint small" }, [counts]),
    element("p", {}, sentence(remedy)),
    element(
      "ul",
      { class: "samples" },
      samples.map((sample) => sampleOf(sample, replay)),
    ),
  ]);
}

function sampleOf({ id, gateway, reason, receivedAt, bytes, payload }: DeadLetterSample, replay: Replay): HTMLElement {
  const link = element("a", { href: `#/gateway/${encodeURIComponent(gateway)}` }, [gateway]);
  const facts = element("span", { class: "faint small" }, [
    `No. ${id}, ${timeText(receivedAt)}, ${plural(bytes, "byte")}`,
  ]);
  return element("li", { class: "stack" }, [
    element("div", { class: "between" }, [element("span", {}, [link, " – ", reason]), facts]),
    element("details", {}, [
      element("summary", {}, ["Its shape"]),
      element("div", { class: "stack" }, [
        element("pre", { tabindex: "0", "aria-label": `Shape of dead letter ${id}` }, [payload]),
        element("div", {}, [replayButton("Replay this one", { ids: [id] }, replay)]),
      ]),
    ]),
  ]);
}

function replayButton(text: string, what: object, replay: Replay): HTMLButtonElement {
  const button = element("button", { type: "button" }, [text]);
  button.addEventListener("click", () => void replay(button, what));
  return button;
}
