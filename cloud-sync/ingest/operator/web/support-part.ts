import { Refusal, tell } from "./api-client.ts";
import { element, setText } from "./dom.ts";

/** Asks a gateway for its support bundle, and lets the browser save it. */
export function supportPart(gateway: string, csrfToken: string | null): readonly HTMLElement[] {
  const outcome = element("p", { role: "status" });
  const button = element("button", { type: "button" }, ["Ask for its support bundle"]);
  const run = async (): Promise<void> => {
    button.disabled = true;
    setText(outcome, "Asked. The gateway checks itself first, which takes up to half a minute…");
    try {
      const path = `/api/gateways/${encodeURIComponent(gateway)}/support-bundle`;
      const bundle = await tell<{ readonly leftOut?: object }>(path, {}, csrfToken ?? "");
      save(`carepost-support-${gateway}.json`, `${JSON.stringify(bundle, null, 2)}\n`);
      const cut = bundle.leftOut === undefined ? "" : " It was too large for one message: it says what is left out.";
      setText(outcome, `Saved by the browser.${cut} Look through it before you give it away.`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setText(outcome, `There is none: ${error.message}. ${error.remedy}`);
    }
    button.disabled = false;
  };
  button.addEventListener("click", () => void run());
  const about =
    "Versions, settings without secrets, counts, checks and log lines: no person, no value, no device's name. A gateway makes one in ten minutes, and notes it in its audit log.";
  return [element("p", { class: "faint small" }, [about]), element("div", {}, [button]), outcome];
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = element("a", { href: address, download: name });
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
