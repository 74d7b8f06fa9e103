import type { JSX } from "preact";
import type { StaffView } from "../../contract/staff-view.ts";
import type { Language } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { Mark } from "../design/mark.tsx";
import { Notice } from "../design/notice.tsx";
import { Spinner } from "../design/progress.tsx";
import { useStore } from "../live/store.ts";
import { LanguageContext, languageNames, useOwnLanguage } from "../messages/language.ts";
import { AssignmentsSection } from "./assignments-section.tsx";
import { ConsentSection, DoctorSection, SupportSection } from "./care-sections.tsx";
import { ClientContext, useClient } from "./decision.tsx";
import { DevicesSection, NearSection } from "./devices-section.tsx";
import { AuditSection, DeliverySection, MachineSection, RadioSection } from "./facts-sections.tsx";
import { HeldSection } from "./held-section.tsx";
import { SignIn } from "./sign-in.tsx";
import type { StaffClient } from "./staff-client.ts";
import { useStaffWords } from "./staff-words.ts";
import { useIdle } from "./use-idle.ts";
import { Verdict } from "./verdict.tsx";

const idle = { idleMs: 300_000, warnMs: 30_000 };

/** The staff view, from signing in to signing out. */
export function StaffPage({ client }: { readonly client: StaffClient }): JSX.Element {
  const [language, setLanguage] = useOwnLanguage();
  const { place } = useStore(client.state);
  return (
    <LanguageContext.Provider value={language}>
      <ClientContext.Provider value={client}>
        <Header isDesk={place === "desk"} language={language} onLanguage={setLanguage} />
        <Place />
      </ClientContext.Provider>
    </LanguageContext.Provider>
  );
}

function Place(): JSX.Element {
  const client = useClient();
  const words = useStaffWords();
  const { place, view, viewedAt, isHeard, wasIdle } = useStore(client.state);
  if (place === "closed") {
    return (
      <main class="sign-in">
        <h1>{words.title}</h1>
        <Notice tone="info" title={words.signIn.closed} isStatic>
          <p>{words.signIn.closedTodo}</p>
        </Notice>
      </main>
    );
  }
  if (place === "sign-in") return <SignIn wasIdle={wasIdle} onSignIn={(name, pin) => client.signIn(name, pin)} />;
  if (place === "desk" && view !== null) return <Desk view={view} viewedAt={viewedAt} isHeard={isHeard} />;
  return (
    <main class="sign-in" aria-busy="true">
      <h1 class="unseen">{words.title}</h1>
      <Spinner />
      {!isHeard && <Notice tone="caution" title={words.verdict.unheard} />}
    </main>
  );
}

function Header(props: {
  readonly isDesk: boolean;
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
}): JSX.Element {
  const words = useStaffWords();
  const client = useClient();
  const other = props.language === "en" ? "es" : "en";
  return (
    <header class="bar">
      <p class="bar__name">
        <Mark />
        <span>Carepost</span>
        <span class="faint">{words.title}</span>
      </p>
      <div class="row">
        <Button size="small" look="quiet" icon="language" onPress={() => props.onLanguage(other)}>
          <span lang={other}>{languageNames[other]}</span>
        </Button>
        {props.isDesk && (
          <Button size="small" icon="lock" onPress={() => void client.signOut(false)}>
            {words.signOut}
          </Button>
        )}
      </div>
    </header>
  );
}

interface DeskProps {
  readonly view: StaffView;
  readonly viewedAt: number;
  readonly isHeard: boolean;
}

function Desk({ view, viewedAt, isHeard }: DeskProps): JSX.Element {
  const words = useStaffWords();
  const client = useClient();
  const leftS = useIdle(idle, () => void client.signOut(true));
  return (
    <main class="desk">
      <Verdict view={view} viewedAt={viewedAt} isHeard={isHeard} />
      <div class="desk__sections">
        <HeldSection held={view.held} />
        <DeliverySection view={view} />
        <RadioSection view={view} />
        <MachineSection view={view} />
        <NearSection near={view.near} />
        <DevicesSection devices={view.devices} />
        <AssignmentsSection assignments={view.assignments} devices={view.devices} />
        <DoctorSection />
        <SupportSection />
        <AuditSection view={view} />
        <ConsentSection />
      </div>
      {leftS !== null && (
        <Dialog
          title={words.idle.title}
          onDismiss={() => undefined}
          actions={
            // Touching anything is a sign of life: the button is there to be found.
            <Button look="primary" onPress={() => undefined}>
              {words.idle.stay}
            </Button>
          }
        >
          <p>{words.idle.text(leftS)}</p>
        </Dialog>
      )}
    </main>
  );
}
