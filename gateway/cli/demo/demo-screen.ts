import type { Terminal } from "../terminal.ts";
import { panelLines } from "./demo-panel.ts";
import { type DemoSnapshot, isOpen } from "./demo-view.ts";

/** Where the demo is shown. */
export interface DemoScreen {
  show(snapshot: DemoSnapshot): void;
  /** Leaves the last picture and gives the terminal back as it was. */
  close(): void;
}

/** A panel that is drawn anew in its place. */
export function panelScreen(stream: NodeJS.WriteStream, paint: Terminal["paint"]): DemoScreen {
  let drawnLines = 0;
  stream.write("\u001B[?25l");
  return {
    show: (snapshot) => {
      const size = { columns: stream.columns, rows: stream.rows };
      const lines = panelLines(snapshot, size, paint).slice(0, Math.max(1, size.rows - 1));
      const up = drawnLines === 0 ? "" : `\u001B[${drawnLines}A`;
      stream.write(`${up}\r\u001B[0J${lines.join("\n")}\n`);
      drawnLines = lines.length;
    },
    close: () => stream.write("\u001B[?25h"),
  };
}

/** A plain line now and then, and one for whatever happens. */
export function lineScreen(write: (line: string) => void): DemoScreen {
  let shownSecond = -1;
  let wasOutage = false;
  let hasKiosk = false;
  return {
    show: (snapshot) => {
      const { outage, elapsedMs, kiosk } = snapshot;
      if (isOpen(kiosk) && !hasKiosk)
        write(`the kiosk: ${kiosk.url} (staff: ${kiosk.staffName}, PIN ${kiosk.staffPin})\n`);
      hasKiosk = isOpen(kiosk);
      const isOutage = outage !== null;
      if (isOutage !== wasOutage) write(isOutage ? "the broker is gone: readings wait\n" : "the broker is back\n");
      wasOutage = isOutage;
      const second = Math.floor(elapsedMs / 1000);
      if (second === shownSecond) return;
      shownSecond = second;
      write(lineText(snapshot));
    },
    close: () => undefined,
  };
}

export const silentScreen: DemoScreen = { show: () => undefined, close: () => undefined };

function lineText({ elapsedMs, devices, gateway, sink }: DemoSnapshot): string {
  const at = `${String(Math.floor(elapsedMs / 1000)).padStart(3)} s`;
  return `${at}  shown ${devices.shown}  stored ${gateway.readings}  waiting ${gateway.waiting}  delivered ${sink.readings}\n`;
}
