import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ConsentText, VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Spinner } from "../design/progress.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";

/** What is kept, who gets it, for how long; yes and no are of one size. What is decided is decided on the text shown. */
export function ConsentScreen({ visit }: { readonly visit: VisitView }): JSX.Element {
  const words = useKioskWords();
  if (visit.consentText === null) return <Frame title={words.loading} picture={<Spinner />} />;
  return <ConsentForm key={visit.consentText.sha256} text={visit.consentText} visit={visit} />;
}

function ConsentForm({ text, visit }: { readonly text: ConsentText; readonly visit: VisitView }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const [wantsTrend, setTrend] = useState(false);
  const decide = (decision: "given" | "refused"): void =>
    session.decideConsent({
      version: text.version,
      sha256: text.sha256,
      decision,
      trend: decision === "given" && wantsTrend,
    });
  return (
    <Frame
      title={text.title}
      shape="reading"
      actions={
        <>
          <Button size="large" isDisabled={isBusy} onPress={() => decide("refused")}>
            {words.consent.no}
          </Button>
          <Button size="large" isDisabled={isBusy} onPress={() => decide("given")}>
            {words.consent.yes}
          </Button>
        </>
      }
    >
      <div class="reading" tabIndex={0} role="region" aria-label={text.title}>
        {text.sections.map(({ heading, text: said }) => (
          <section key={heading}>
            <h2>{heading}</h2>
            <p>{said}</p>
          </section>
        ))}
        <p class="small faint">{words.consent.version(text.version)}</p>
      </div>
      {visit.who === "person" && (
        <button
          type="button"
          role="switch"
          class="switch"
          aria-checked={wantsTrend}
          onClick={() => setTrend(!wantsTrend)}
        >
          <span class="switch__words">
            {text.trendQuestion}
            <span class="small faint">{words.consent.trendHint}</span>
          </span>
          <span class="switch__track" aria-hidden="true">
            <span class="switch__state">{wantsTrend ? words.consent.on : words.consent.off}</span>
            <span class="switch__thumb" />
          </span>
        </button>
      )}
    </Frame>
  );
}
