import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { Language, VisitView } from "../../contract/visit-view.ts";
import { LanguageContext, usePageLanguage } from "../messages/language.ts";
import { AwayDialog } from "../screens/away-dialog.tsx";
import { ChooseScreen } from "../screens/choose-screen.tsx";
import { ConsentScreen } from "../screens/consent-screen.tsx";
import { GoodbyeScreen } from "../screens/goodbye-screen.tsx";
import { HandOverScreen } from "../screens/hand-over-screen.tsx";
import { MeasureScreen } from "../screens/measure-screen.tsx";
import { PairScreen } from "../screens/pair-screen.tsx";
import { ResultScreen } from "../screens/result-screen.tsx";
import { ClosedScreen, closedReason } from "../screens/closed-screen.tsx";
import { WelcomeScreen } from "../screens/welcome-screen.tsx";
import { WhoScreen } from "../screens/who-screen.tsx";
import { Foot, useBack } from "./foot.tsx";
import { DemoNotice, Head } from "./head.tsx";
import { SessionContext, useKiosk, useSession } from "./kiosk-context.ts";
import type { KioskSession } from "./kiosk-session.ts";
import { forgetPreferences } from "./preferences.ts";
import { Working } from "./working.tsx";

/** The touch screen: what it shows follows from what the gateway says, and from very little of its own. */
export function KioskPage({ session }: { readonly session: KioskSession }): JSX.Element {
  return (
    <SessionContext.Provider value={session}>
      <Screens />
    </SessionContext.Provider>
  );
}

/** Before there is a visit: the language, and whether somebody is about to say who they are. */
interface Doorstep {
  readonly language: Language;
  readonly isAsked: boolean;
  /** What a scanner has typed already. */
  readonly typed: string;
}

function Screens(): JSX.Element {
  const session = useSession();
  const { kiosk, visit: said, isHeard } = useKiosk();
  const first = kiosk?.languages[0] ?? "en";
  const [door, setDoor] = useState<Doorstep>({ language: first, isAsked: false, typed: "" });
  const [isReturning, setReturning] = useState(false);
  // To go back is not to leave: nobody is told goodbye.
  const hasGoneBack = isReturning && said?.step === "goodbye";
  const visit = hasGoneBack ? null : said;
  const language = visit?.language ?? door.language;
  useForgetting(visit !== null, () => {
    // Whoever goes back to say again who they are is the same person still.
    if (!isReturning) forgetPreferences();
    setDoor({ language: isReturning ? door.language : first, isAsked: isReturning, typed: "" });
    setReturning(false);
  });
  usePageLanguage(language);
  useEffect(() => {
    if (hasGoneBack) session.close();
  }, [hasGoneBack]);
  const chooseLanguage = (chosen: Language): void => {
    setDoor({ ...door, language: chosen });
    if (visit !== null) session.setLanguage(chosen);
  };
  const canBegin = closedReason(kiosk, isHeard) === null;
  const step = visit?.step ?? (door.isAsked && canBegin ? "who" : null);
  const leave = (): void => {
    setReturning(true);
    session.end();
  };
  return (
    <LanguageContext.Provider value={language}>
      <div class="kiosk" onClick={session.touch} onKeyUp={session.touch} onScrollCapture={session.touch}>
        <DemoNotice step={step} />
        <Working />
        <Head language={language} onLanguage={chooseLanguage} step={step} />
        {visit === null ? <Door door={door} onChange={setDoor} /> : <Visit visit={visit} onLeave={leave} />}
      </div>
    </LanguageContext.Provider>
  );
}

function Door({
  door,
  onChange,
}: {
  readonly door: Doorstep;
  readonly onChange: (door: Doorstep) => void;
}): JSX.Element {
  const { kiosk, isHeard } = useKiosk();
  const session = useSession();
  const closed = closedReason(kiosk, isHeard);
  if (closed !== null) {
    return (
      <main>
        <ClosedScreen key={closed} why={closed} />
      </main>
    );
  }
  if (!door.isAsked) {
    return (
      <main>
        <WelcomeScreen onBegin={(typed) => onChange({ ...door, isAsked: true, typed })} />
      </main>
    );
  }
  const leave = (language: Language): void => {
    session.dismissFailure();
    onChange({ language, isAsked: false, typed: "" });
    forgetPreferences();
  };
  return (
    <>
      <main>
        <WhoScreen typed={door.typed} language={door.language} onAway={() => leave(kiosk?.languages[0] ?? "en")} />
      </main>
      <Foot onBack={() => leave(door.language)} onStop={null} />
    </>
  );
}

function Visit({ visit, onLeave }: { readonly visit: VisitView; readonly onLeave: () => void }): JSX.Element {
  const session = useSession();
  const back = useBack(visit, onLeave);
  const { visitAt } = useKiosk();
  const isOver = visit.step === "goodbye";
  return (
    <>
      <main>
        <Step visit={visit} />
      </main>
      <Foot onBack={back} onStop={isOver ? null : session.end} />
      {!isOver && visit.endsInMs !== null && <AwayDialog endsInMs={visit.endsInMs} since={visitAt} />}
    </>
  );
}

function Step({ visit }: { readonly visit: VisitView }): JSX.Element {
  switch (visit.step) {
    case "consent":
      return <ConsentScreen visit={visit} />;
    case "choose":
      return <ChooseScreen visit={visit} />;
    case "pair":
      return <PairScreen visit={visit} />;
    case "measure":
      return <MeasureScreen visit={visit} />;
    case "result":
      return <ResultScreen visit={visit} />;
    case "hand-over":
      return <HandOverScreen visit={visit} />;
    case "goodbye":
      return <GoodbyeScreen visit={visit} />;
    default:
      return visit.step satisfies never;
  }
}

/** When a visit has ended, nothing of it stays: not on the screen, not in how the screen reads, not behind "back". */
function useForgetting(hasVisit: boolean, forget: () => void): void {
  const [had, setHad] = useState(hasVisit);
  // Before the browser paints: not even the first frame of what comes next shows how somebody liked to read.
  useLayoutEffect(() => {
    if (had && !hasVisit) {
      history.replaceState(null, "", "/");
      forget();
    }
    setHad(hasVisit);
  }, [had, hasVisit]);
}
