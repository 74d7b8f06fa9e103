import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { HubView } from "../../contract/hub-view.ts";
import { Button } from "../design/button.tsx";
import { Icon, type IconName } from "../design/icon.tsx";
import { Mark } from "../design/mark.tsx";
import { Spinner } from "../design/progress.tsx";
import { useStore } from "../live/store.ts";
import { LanguageContext, languageNames, useOwnLanguage } from "../messages/language.ts";
import { SignIn } from "../staff/sign-in.tsx";
import { useSay } from "../staff/staff-words.ts";
import { useIdle } from "../staff/use-idle.ts";
import type { HubClient, HubState } from "./hub-client.ts";
import { useHubWords } from "./hub-words.ts";
import { DevicesCard, ReadingsCard, SendingCard } from "./hub-cards.tsx";

/** How a home hub is, for who lives with it. */
export function HubPage({ client }: { readonly client: HubClient }): JSX.Element {
  const [language, setLanguage] = useOwnLanguage();
  const other = language === "en" ? "es" : "en";
  return (
    <LanguageContext.Provider value={language}>
      <header class="bar">
        <p class="bar__name">
          <Mark />
          <span>Carepost</span>
        </p>
        <Button size="small" look="quiet" icon="language" onPress={() => setLanguage(other)}>
          <span lang={other}>{languageNames[other]}</span>
        </Button>
      </header>
      <Page client={client} />
    </LanguageContext.Provider>
  );
}

function Page({ client }: { readonly client: HubClient }): JSX.Element {
  const words = useHubWords();
  const state = useStore(client.state);
  const [isSigningIn, setSigningIn] = useState(false);
  if (isSigningIn) {
    return (
      <SignIn
        title={words.signInTitle}
        lead={words.signInLead}
        onCancel={() => setSigningIn(false)}
        onSignIn={async (name, pin) => {
          await client.signIn(name, pin);
          setSigningIn(false);
        }}
      />
    );
  }
  const { view } = state;
  if (view === null) {
    return (
      <main class="hub" aria-busy={state.isHeard}>
        <h1 class={state.isHeard ? "unseen" : ""}>{state.isHeard ? words.title : words.unheard.headline}</h1>
        {state.isHeard ? <Spinner /> : <p class="lead">{words.unheard.text}</p>}
      </main>
    );
  }
  return <Hub state={state} view={view} client={client} onSignIn={() => setSigningIn(true)} />;
}

interface HubProps {
  readonly state: HubState;
  readonly view: HubView;
  readonly client: HubClient;
  readonly onSignIn: () => void;
}

function Hub({ state, view, client, onSignIn }: HubProps): JSX.Element {
  const words = useHubWords();
  const say = useSay();
  return (
    <main class="hub">
      <Light view={view} isHeard={state.isHeard} />
      {state.isHeard && view.reasons.length > 0 && <Reasons reasons={view.reasons} />}
      <DevicesCard view={view} />
      <SendingCard view={view} />
      {view.signIn === "signed-out" && (
        <Button icon="lock" onPress={onSignIn}>
          {words.signIn}
        </Button>
      )}
      {view.signIn === "signed-in" && state.readings !== null && (
        <ReadingsCard readings={state.readings} client={client} />
      )}
      {view.signIn === "signed-in" && <SignOutWhenIdle client={client} />}
      <p class="small faint hub__foot">
        {words.about(view.gateway, view.version)} · {words.asOf(say.time(state.viewedAt))}
      </p>
    </main>
  );
}

const signs: Readonly<Record<HubView["light"], IconName>> = { green: "check", amber: "alert", red: "stop" };

/** The light, by shape and words as well as by colour. */
function Light({ view, isHeard }: { readonly view: HubView; readonly isHeard: boolean }): JSX.Element {
  const words = useHubWords();
  const { name, headline, text } = isHeard ? words.lights[view.light] : { name: "", ...words.unheard };
  const look = isHeard ? view.light : "dark";
  return (
    <div class={`light light--${look}`} role="status">
      <span class="light__lamp">
        <Icon name={isHeard ? signs[view.light] : "close"} />
      </span>
      <h1>{headline}</h1>
      <p class="lead">{text}</p>
      {name !== "" && <p class="small light__name">{name}</p>}
    </div>
  );
}

function Reasons({ reasons }: { readonly reasons: readonly string[] }): JSX.Element {
  const words = useHubWords();
  return (
    <ul class="reasons">
      {reasons.map((code) => {
        const { title, todo } = words.reasons[code] ?? words.unknownReason;
        return (
          <li key={code} class="reason">
            <Icon name="hand" />
            <div>
              <h2>{title}</h2>
              <p>{todo}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

const idle = { idleMs: 180_000, warnMs: 0 };

/** Nobody looks any more: what was shown to one is not for the next. */
function SignOutWhenIdle({ client }: { readonly client: HubClient }): null {
  useIdle(idle, () => void client.signOut());
  return null;
}
