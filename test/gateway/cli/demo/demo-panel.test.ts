import { expect, test } from "vitest";
import { lineScreen } from "../../../../gateway/cli/demo/demo-screen.ts";
import { panelLines } from "../../../../gateway/cli/demo/demo-panel.ts";
import { demoTimeline } from "../../../../gateway/cli/demo/demo-timeline.ts";
import { DemoView } from "../../../../gateway/cli/demo/demo-view.ts";
import { plain } from "../../../../gateway/cli/terminal.ts";
import { glucose, pressure } from "../sample-readings.ts";

function busyView(): DemoView {
  const view = new DemoView("home-day", 0);
  view.hearGateway({ type: "uplink", state: "connected" });
  view.hearGateway({ type: "session-started", driver: "glucose", name: "kitchen-meter" });
  for (const event of ["taken", "taken", "shown"] as const) view.hearDevice({ event, kind: "reading" });
  view.hearDevice({ event: "shown", kind: "context" });
  const counts = { readings: 2, held: 1, quarantined: 0 };
  for (const waiting of [0, 1, 3]) {
    view.look(
      { ...counts, waiting },
      [
        { seq: 2, reading: pressure, state: "held" },
        { seq: 1, reading: glucose, state: "delivered" },
      ],
      1,
    );
  }
  return view;
}

test("the panel shows what is where, the latest readings, and the backlog", () => {
  const lines = panelLines(busyView().snapshot(65_000), { columns: 80, rows: 24 }, plain);
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "
      carepost demo · home-day                                               01:05

      devices              gateway              broker               sink
      ●──────────────────▶ ●──────────────────▶ ●──────────────────▶ ●
      1 shown              2 stored             up                   1 delivered
      talking              3 waiting

      03-01 07:58  nobody    128/82 mmHg, pulse 71  ○ held
      03-01 07:58  sim-0001  6.0 mmol/L             ✓ delivered





      backlog  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█ 3

      All is well. 1 reading is held: it belongs to nobody.

      Ctrl-C ends it"
  `);
});

test("an outage is seen at once, and so is its end", () => {
  const view = busyView();
  view.outageBegan(60_000);
  const during = panelLines(view.snapshot(65_000), { columns: 80, rows: 24 }, plain).join("\n");
  expect(during).toContain("OUTAGE  the broker has been away for 5 s");
  expect(during).toContain("DOWN");
  view.outageEnded();
  const after = panelLines(view.snapshot(66_000), { columns: 80, rows: 24 }, plain).join("\n");
  expect(after).toContain("The broker is back");
});

test("the panel fits whatever terminal there is", () => {
  for (const [columns, rows] of [
    [64, 18],
    [80, 24],
    [120, 50],
    [200, 80],
  ] as const) {
    const lines = panelLines(busyView().snapshot(1000), { columns, rows }, plain);
    expect(lines.length).toBeLessThan(rows);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  }
});

test("where there is no terminal, there is a line a second and one for each turn of events", () => {
  const lines: string[] = [];
  const screen = lineScreen((line) => lines.push(line));
  const view = busyView();
  screen.show(view.snapshot(1000));
  screen.show(view.snapshot(1900));
  view.outageBegan(2000);
  screen.show(view.snapshot(2100));
  view.outageEnded();
  screen.show(view.snapshot(2300));
  expect(lines).toEqual([
    "  1 s  shown 1  stored 2  waiting 3  delivered 1\n",
    "the broker is gone: readings wait\n",
    "  2 s  shown 1  stored 2  waiting 3  delivered 1\n",
    "the broker is back\n",
  ]);
});

test("a demo of any length begins calmly, has its outage, and leaves time to arrive", () => {
  for (const forMs of [8000, 12_000, 20_000, 60_000]) {
    const { devicesEndMs, ...timeline } = demoTimeline(forMs, true);
    const moments = Array.from({ length: forMs / 100 }, (_, index) => index * 100);
    const away = moments.filter((elapsedMs) => timeline.isOutage(elapsedMs, null));
    expect(away.length).toBeGreaterThan(10);
    expect(away[0]).toBeGreaterThan(forMs / 4);
    expect(away.at(-1)).toBeLessThan(devicesEndMs);
    expect(devicesEndMs).toBeLessThanOrEqual(forMs - 2000);
  }
});

test("an endless demo has an outage again and again, unless it was told to have none", () => {
  const timeline = demoTimeline(null, true);
  const away = [5000, 12_000, 20_000, 42_000].map((elapsedMs) => timeline.isOutage(elapsedMs, 4000));
  expect(away).toEqual([false, true, false, true]);
  expect(timeline.devicesEndMs).toBe(Number.POSITIVE_INFINITY);
  expect(demoTimeline(20_000, false).isOutage(8000, 1000)).toBe(false);
});

test("an endless demo has no outage before a reading has arrived, however long that takes", () => {
  const timeline = demoTimeline(null, true);
  expect([12_000, 60_000].map((elapsedMs) => timeline.isOutage(elapsedMs, null))).toEqual([false, false]);
  expect([60_000, 66_000].map((elapsedMs) => timeline.isOutage(elapsedMs, 60_000))).toEqual([false, true]);
});

test("the panel has a place for the kiosk from the beginning", () => {
  const view = busyView();
  view.kioskOpening();
  const size = { columns: 80, rows: 30 };
  const before = panelLines(view.snapshot(1000), size, plain);
  expect(before.join("\n")).toContain("kiosk   opens in a moment");
  view.kioskOpened({ url: "http://127.0.0.1:8080/", staffName: "staff", staffPin: "471902" });
  const after = panelLines(view.snapshot(1000), size, plain);
  expect(after.join("\n")).toContain("staff, PIN 471902");
  expect(after.length).toBe(before.length);
});
