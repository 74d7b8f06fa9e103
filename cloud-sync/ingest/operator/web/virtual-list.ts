import { element } from "./dom.ts";

export interface VirtualList<Row> {
  readonly scroller: HTMLElement;
  /** Rows from `first` on, of `total` in all. */
  show(total: number, first: number, rows: readonly Row[]): void;
  /** The rows that are in view now, and some more on either side. */
  wanted(): { readonly offset: number; readonly limit: number };
  toTop(): void;
}

export interface VirtualListOptions<Row> {
  readonly label: string;
  readonly render: (row: Row, index: number) => HTMLElement;
  /** Other rows came into view than those that are shown. */
  readonly onNeed: () => void;
}

const pageRows = 100;

/** A list of any length of which only what is in view exists: as tall as all of it, with rows put where they belong. */
export function virtualList<Row>({ label, render, onNeed }: VirtualListOptions<Row>): VirtualList<Row> {
  const canvas = element("div", { class: "canvas", role: "rowgroup" });
  const scroller = element("div", { class: "scroller", tabindex: "0", role: "table", "aria-label": label }, [canvas]);
  let shown = { first: 0, last: 0 };

  const view = (): { readonly first: number; readonly last: number } => {
    const height = rowHeight();
    const first = Math.floor(scroller.scrollTop / height);
    return { first, last: first + Math.ceil(scroller.clientHeight / height) };
  };

  scroller.addEventListener("scroll", () => {
    const { first, last } = view();
    const total = Number(scroller.getAttribute("aria-rowcount") ?? 0);
    if (first < shown.first || Math.min(last, total) > shown.last) onNeed();
  });

  return {
    scroller,
    wanted() {
      const { first } = view();
      return { offset: Math.max(0, first - pageRows / 4), limit: pageRows };
    },
    show(total, first, rows) {
      const height = rowHeight();
      const focused = document.activeElement?.getAttribute("href") ?? null;
      shown = { first, last: first + rows.length };
      scroller.setAttribute("aria-rowcount", String(total));
      // Browsers lose precision beyond some ten million pixels; 200,000 rows of 44 are less.
      canvas.style.height = `${total * height}px`;
      canvas.replaceChildren(
        ...rows.map((row, index) => {
          const made = render(row, first + index);
          made.style.transform = `translateY(${(first + index) * height}px)`;
          return made;
        }),
      );
      if (focused === null) return;
      const again = [...canvas.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused);
      again?.focus({ preventScroll: true });
    },
    toTop() {
      scroller.scrollTop = 0;
    },
  };
}

/** As in the style sheet: 2.75 rem, on narrow screens two lines. */
const rowHeight = (): number => {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return rem * (matchMedia("(max-width: 40rem)").matches ? 4.25 : 2.75);
};
