import type { SessionAnswer } from "../fleet-api.ts";
import { ask, Refusal, tell } from "./api-client.ts";
import { showDeadLetters } from "./dead-letters-view.ts";
import { element, setText } from "./dom.ts";
import { showFleet } from "./fleet-view.ts";
import { showGateway } from "./gateway-view.ts";
import { showGateways } from "./gateways-view.ts";
import { showLogin } from "./login-view.ts";
import type { PageContext } from "./page-context.ts";
import { durationText } from "./wording.ts";

/** The page: one view at a time, by the part of the address after `#`. */
const host = part("content");
const live = part("live");
const logout = part("logout");
let leaving = new AbortController();

logout.addEventListener("click", () => void endSession());
globalThis.addEventListener("hashchange", () => void show());
await show();

async function show(): Promise<void> {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const session = await knownSession(signal).catch((error: unknown) => {
    if (error instanceof Refusal) lost(error, 5_000);
    return null;
  });
  if (signal.aborted) return;
  if (session === null) {
    setTimeout(() => signal.aborted || void show(), 5_000);
    return;
  }
  logout.hidden = session.user === null;
  await showView({ host, session, signal, lost });
}

/** Whoever has to log in does so first. */
async function knownSession(signal: AbortSignal): Promise<SessionAnswer> {
  for (;;) {
    const session = await ask<SessionAnswer>("/api/session", signal);
    if (session.csrfToken !== null) return session;
    setText(live, "");
    logout.hidden = true;
    await showLogin(host);
  }
}

async function showView(context: PageContext): Promise<void> {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page = "", id = ""] = path.split("/");
  markPage(page === "" ? "fleet" : page === "gateway" ? "gateways" : page);
  scrollTo(0, 0);
  if (page === "") await showFleet(context);
  else if (page === "gateways") await showGateways(context, new URLSearchParams(query));
  else if (page === "gateway") await showGateway(context, decodeURIComponent(id));
  else if (page === "dead-letters") await showDeadLetters(context);
  else host.replaceChildren(element("h1", {}, ["There is no such page"]));
}

function markPage(page: string): void {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("data-page") === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Says whether what is shown is of now. */
function lost(refusal: Refusal | null, nextMs: number): void {
  live.classList.toggle("lost", refusal !== null);
  if (refusal === null) setText(live, "Live");
  else if (refusal.status === 401) void show();
  else setText(live, `Not live: ${refusal.message}. Next try in ${durationText(nextMs)}.`);
}

async function endSession(): Promise<void> {
  const { csrfToken } = await ask<SessionAnswer>("/api/session", leaving.signal);
  if (csrfToken !== null) await tell("/api/logout", {}, csrfToken);
  await show();
}

function part(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new TypeError(`the page has no element ${id}`);
  return found;
}
