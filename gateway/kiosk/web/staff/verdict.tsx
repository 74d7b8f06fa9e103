import type { JSX } from "preact";
import type { StaffAlert, StaffView } from "../../contract/staff-view.ts";
import { Button } from "../design/button.tsx";
import { Icon, type IconName } from "../design/icon.tsx";
import type { StaffWords } from "../messages/staff-en.ts";
import { goToSection } from "./section.tsx";
import { type Say, useSay, useStaffWords } from "./staff-words.ts";

const signs: Readonly<Record<StaffView["verdict"], IconName>> = {
  "all-right": "check",
  attention: "hand",
  urgent: "stop",
};

/** Is everything all right? One look, and then what needs a hand. */
export function Verdict(props: {
  readonly view: StaffView;
  readonly viewedAt: number;
  readonly isHeard: boolean;
}): JSX.Element {
  const { view } = props;
  const words = useStaffWords();
  const say = useSay();
  return (
    <div class={`verdict verdict--${view.verdict}`}>
      <div class="verdict__glance" role="status">
        <span class="verdict__sign">
          <Icon name={signs[view.verdict]} />
        </span>
        <div class="verdict__words">
          <h1 tabIndex={-1}>{words.verdict[view.verdict]}</h1>
          <p class="lead">{moreText(view, words, say)}</p>
          <p class="small faint">
            {props.isHeard ? words.verdict.asOf(say.time(props.viewedAt)) : words.verdict.unheard}
          </p>
        </div>
      </div>
      {view.alerts.length > 0 && (
        <ul class="alerts">
          {view.alerts.map((alert) => (
            <Alert key={alert.code} alert={alert} view={view} />
          ))}
        </ul>
      )}
    </div>
  );
}

function moreText({ verdict, alerts }: StaffView, { verdict: said }: StaffWords, say: Say): string {
  if (verdict === "all-right") return said["all-right-more"];
  return say.count(alerts.length, verdict === "urgent" ? said.urgentMore : said.attentionMore);
}

/** To which section an alert leads. */
const places: Readonly<Record<string, string>> = {
  "readings-held": "held",
  "bond-lost": "devices",
  "battery-low": "devices",
  "radio-down": "radio",
  "radio-silent": "radio",
  "uplink-away": "delivery",
  "backlog-old": "delivery",
  "dead-letters": "delivery",
  "store-full": "machine",
  "store-nearly-full": "machine",
  "readings-dropped": "machine",
  "clock-untrusted": "machine",
  "audit-not-whole": "audit",
};

function Alert({ alert, view }: { readonly alert: StaffAlert; readonly view: StaffView }): JSX.Element {
  const words = useStaffWords();
  const known: { title: string; todo: string } | undefined = Reflect.get(words.alerts, alert.code);
  const { title, todo } = known ?? { title: alert.told, todo: alert.remedy };
  const place = places[alert.code] ?? "doctor";
  const whose = concerned(alert, { view, words, say: useSay() });
  return (
    <li class={`alert alert--${alert.level}`}>
      <span class="alert__sign">
        <Icon name={alert.level === "urgent" ? "stop" : "alert"} />
      </span>
      <div class="alert__words">
        <h2 class="alert__title">
          {title}
          {whose !== "" && <span class="alert__whose"> · {whose}</span>}
        </h2>
        <p>{todo}</p>
      </div>
      <Button size="small" label={`${words.goTo}: ${title}`} iconAfter="down" onPress={() => goToSection(place)}>
        {words.goTo}
      </Button>
    </li>
  );
}

interface Told {
  readonly view: StaffView;
  readonly words: StaffWords;
  readonly say: Say;
}

/** How many, or which devices. */
function concerned({ code }: StaffAlert, { view, words: { verdict }, say }: Told): string {
  const { store, uplink, devices } = view;
  const named = (isMeant: (device: StaffView["devices"][number]) => boolean): string =>
    devices
      .filter(isMeant)
      .map(({ name, model, id }) => name ?? model ?? id)
      .slice(0, 4)
      .join(", ");
  const waiting = uplink.waiting === 0 ? "" : say.count(uplink.waiting, verdict.waits);
  if (code === "readings-held") return say.count(store.held, verdict.readings);
  if (code === "dead-letters") return say.count(uplink.deadLetters, verdict.readings);
  if (code === "backlog-old" || code === "uplink-away") return waiting;
  if (code === "battery-low") return named(({ batteryPercent }) => batteryPercent !== null && batteryPercent <= 20);
  return code === "bond-lost" ? named(({ bond }) => bond === "lost") : "";
}
