import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { encode } from "uqr";
import type { VisitDevice, VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { HomeDrawing, SuccessDrawing } from "../drawings/scene-drawings.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import { useOwnBack } from "../journey/own-back.ts";
import { useFormats } from "../messages/language.ts";
import { Option, Paper } from "./hand-over-parts.tsx";
import { summaryText } from "./summary.ts";

type Page = "menu" | "home" | "qr";

/** What a person may take with them: the device, a page, the result on their phone. Or nothing. */
export function HandOverScreen({ visit }: { readonly visit: VisitView }): JSX.Element {
  const [page, setPage] = useState<Page>("menu");
  useOwnBack(page === "menu" ? null : page, () => setPage("menu"));
  const device = visit.handOver?.devices[0];
  return (
    <>
      {page === "home" && device !== undefined ? (
        <Home key="home" device={device} visit={visit} onDone={() => setPage("menu")} />
      ) : page === "qr" ? (
        <Code key="qr" visit={visit} onDone={() => setPage("menu")} />
      ) : (
        <Menu key="menu" visit={visit} onPage={setPage} />
      )}
      <Paper results={visit.results} />
    </>
  );
}

function Menu({ visit, onPage }: { readonly visit: VisitView; readonly onPage: (page: Page) => void }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const [hasPrinted, setPrinted] = useState(false);
  const isEnrolled = visit.handOver?.state === "enrolled";
  const hasDevice = (visit.handOver?.devices.length ?? 0) > 0;
  const hasResult = visit.results.length > 0;
  const print = (): void => {
    setPrinted(true);
    globalThis.print();
  };
  return (
    <Frame
      title={words.handOver.title}
      shape="wide"
      actions={
        <Button look="primary" size="large" icon="check" isBusy={isBusy} onPress={() => session.goTo("goodbye")}>
          {words.handOver.done}
        </Button>
      }
    >
      <ul class="options">
        {(hasDevice || isEnrolled) && (
          <Option
            icon={isEnrolled ? "check" : "home"}
            title={isEnrolled ? words.handOver.enrolledTitle : words.handOver.home}
            text={isEnrolled ? words.handOver.enrolledText : words.handOver.homeText}
            isDone={isEnrolled}
            onPress={() => onPage("home")}
          />
        )}
        {hasResult && (
          <>
            <Option icon="print" title={words.handOver.print} text={words.handOver.printText} onPress={print} />
            <Option icon="device" title={words.handOver.qr} text={words.handOver.qrText} onPress={() => onPage("qr")} />
          </>
        )}
      </ul>
      {hasPrinted && <p role="status">{words.handOver.printed}</p>}
    </Frame>
  );
}

function Home(props: {
  readonly device: VisitDevice;
  readonly visit: VisitView;
  readonly onDone: () => void;
}): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const { device, visit } = props;
  const [slot, setSlot] = useState<number | null>(null);
  if (visit.handOver?.state === "enrolled") return <Enrolled key="enrolled" onDone={props.onDone} />;
  const needsSlot = device.userSlots > 0;
  return (
    <Frame
      title={needsSlot ? words.handOver.slotTitle : words.handOver.homeTitle}
      lead={needsSlot ? words.handOver.slotText : words.handOver.homeExplain}
      picture={<HomeDrawing />}
      actions={
        <Button
          look="primary"
          size="large"
          icon="home"
          isBusy={isBusy}
          isDisabled={needsSlot && slot === null}
          onPress={() => session.enrol(device.token, slot)}
        >
          {words.handOver.yes}
        </Button>
      }
    >
      {needsSlot && (
        <div class="slots" role="group" aria-label={words.handOver.slotTitle}>
          {Array.from({ length: device.userSlots }, (_, index) => index + 1).map((user) => (
            <Button key={user} size="large" isPressed={slot === user} onPress={() => setSlot(user)}>
              {words.handOver.slot(user)}
            </Button>
          ))}
        </div>
      )}
      {needsSlot && <p class="small faint">{words.handOver.homeExplain}</p>}
    </Frame>
  );
}

function Enrolled({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const words = useKioskWords();
  return (
    <Frame
      title={words.handOver.enrolledTitle}
      lead={words.handOver.enrolledText}
      picture={<SuccessDrawing />}
      actions={
        <Button look="primary" size="large" iconAfter="forward" onPress={onDone}>
          {words.goOn}
        </Button>
      }
    />
  );
}

function Code({ visit, onDone }: { readonly visit: VisitView; readonly onDone: () => void }): JSX.Element {
  const words = useKioskWords();
  const formats = useFormats();
  const text = summaryText(visit.results, words, formats);
  const { data, size } = encode(text, { ecc: "M", border: 3 });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1Z`] : [])));
  return (
    <Frame
      title={words.handOver.qrTitle}
      lead={words.handOver.qrExplain}
      picture={
        <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={words.handOver.qrLabel}>
          <rect width={size} height={size} />
          <path d={dark.join("")} />
        </svg>
      }
      actions={
        <Button look="primary" size="large" iconAfter="forward" onPress={onDone}>
          {words.goOn}
        </Button>
      }
    >
      <p class="qr__text small">{text}</p>
    </Frame>
  );
}
