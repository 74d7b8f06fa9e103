import type { JSX } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { TrendView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { useKioskWords } from "../journey/kiosk-context.ts";
import { preferences } from "../journey/preferences.ts";
import { useStore } from "../live/store.ts";
import { formatsOf, LanguageContext, locales, useFormats } from "../messages/language.ts";

/** Earlier readings as a curve, or as a table for whoever reads rather than looks. */
export function Trend({
  trend,
  now,
}: {
  readonly trend: TrendView;
  /** When the result beside it was measured. */
  readonly now: number | null;
}): JSX.Element {
  const words = useKioskWords();
  const [isTable, setTable] = useState(false);
  return (
    <section class="trend">
      <div class="trend__head">
        <h2>
          {words.result.trend} <span class="faint small">{trend.unit}</span>
        </h2>
        <Button look="quiet" icon={isTable ? "pulse" : "list"} onPress={() => setTable(!isTable)}>
          {isTable ? words.result.chart : words.result.table}
        </Button>
      </div>
      {isTable ? <TrendTable trend={trend} /> : <TrendCurve trend={trend} now={now} />}
    </section>
  );
}

function TrendTable({ trend }: { readonly trend: TrendView }): JSX.Element {
  const words = useKioskWords();
  const { dayAndTime } = useFormats();
  return (
    <div class="trend__table" tabIndex={0} role="region" aria-label={words.result.trend}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.result.when}</th>
            <th scope="col">
              {words.result.value} ({trend.unit})
            </th>
          </tr>
        </thead>
        <tbody>
          {trend.points.toReversed().map(({ at, values }) => (
            <tr key={at}>
              <td>{dayAndTime(at)}</td>
              <td class="figures">{values.join(" / ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A picture of what the table says: it is hidden from who hears the page. */
function TrendCurve({ trend, now }: { readonly trend: TrendView; readonly now: number | null }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const language = useContext(LanguageContext);
  const words = useKioskWords();
  const { isHighContrast } = useStore(preferences);
  const nowIndex = trend.points.findLastIndex(({ at }) => at === now);
  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const colours = getComputedStyle(document.documentElement);
    const size = (): { width: number; height: number } => ({
      width: Math.max(host.clientWidth, 1),
      height: Math.max(host.clientHeight, 1),
    });
    const plot = new uPlot({ ...size(), ...look(trend, { colours, language, nowIndex }) }, dataOf(trend), host);
    const watch = new ResizeObserver(() => plot.setSize(size()));
    watch.observe(host);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [trend, nowIndex, language, isHighContrast]);
  const isPressure = trend.kind === "blood-pressure";
  return (
    <>
      <div class="trend__curve" aria-hidden="true" ref={place} />
      <p class="trend__legend small">
        {isPressure && <span class="trend__key trend__key--solid">{words.readings.systolic}</span>}
        {isPressure && <span class="trend__key trend__key--dashed">{words.readings.diastolic}</span>}
        {nowIndex !== -1 && <span class="trend__key trend__key--now">{words.result.now}</span>}
      </p>
    </>
  );
}

const dataOf = ({ points }: TrendView): uPlot.AlignedData => {
  const series = points[0]?.values.length ?? 1;
  return [
    points.map(({ at }) => at / 1_000),
    ...Array.from({ length: series }, (_, index) => points.map(({ values }) => values[index] ?? null)),
  ];
};

/** A canvas knows no `light-dark()`: the browser is asked what it comes to. */
function ink(colour: string): string {
  const probe = document.createElement("span");
  probe.style.color = colour;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

interface Look {
  readonly colours: CSSStyleDeclaration;
  readonly language: keyof typeof locales;
  /** Which point is the result beside it; -1 if none is. */
  readonly nowIndex: number;
}

/** Each reading of a few is a point; of many only the one of now, so that it is seen. */
const pointsApartMax = 20;

/** Two lines differ by how they are drawn, not by colour alone. */
function look(trend: TrendView, { colours, language, nowIndex }: Look): Omit<uPlot.Options, "width" | "height"> {
  const colour = (name: string): string => colours.getPropertyValue(name).trim();
  const rem = Number.parseFloat(colours.fontSize);
  const font = `${Math.round(rem * 0.75)}px ${colours.fontFamily}`;
  const { number } = formatsOf(language);
  const day = new Intl.DateTimeFormat(locales[language], { day: "numeric", month: "short" });
  const shown = (): number[] | null =>
    trend.points.length <= pointsApartMax ? trend.points.map((_, index) => index) : nowIndex === -1 ? [] : [nowIndex];
  const accent = ink(colour("--accent"));
  const points = { show: true, size: rem * 0.6, fill: accent, filter: shown };
  const line = { stroke: accent, width: 3, points };
  const axis = { stroke: ink(colour("--faint")), font, ticks: { show: false } };
  return {
    padding: [rem, rem * 1.5, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true }, y: { range: (_plot, min, max) => [Math.floor(min * 0.9), Math.ceil(max * 1.08)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: rem * 5,
        size: rem * 1.75,
        values: (_plot, ticks) => ticks.map((seconds, index) => dayOnce(day, ticks, { seconds, index })),
      },
      {
        ...axis,
        grid: { stroke: ink(colour("--line")), width: 1 },
        space: rem * 2.5,
        size: rem * 2.75,
        values: (_plot, ticks) => ticks.map(number),
      },
    ],
    series: [{}, line, ...(trend.kind === "blood-pressure" ? [{ ...line, dash: [10, 8] }] : [])],
  };
}

/** Ticks within one day are named once. */
function dayOnce(
  day: Intl.DateTimeFormat,
  ticks: readonly number[],
  tick: { readonly seconds: number; readonly index: number },
): string {
  const name = day.format(tick.seconds * 1_000);
  const before = ticks[tick.index - 1];
  return before !== undefined && day.format(before * 1_000) === name ? "" : name;
}
