import { vector } from "./dom.ts";
import { countText } from "./wording.ts";

/** Bars of counts over time, the latest on the right. A sentence says the same to whoever does not see them. */
export function sparkline(title: string): { readonly picture: SVGElement; show(counts: readonly number[]): void } {
  const height = 40;
  const picture = vector("svg", { class: "spark", role: "img", preserveAspectRatio: "none" });
  return {
    picture,
    show(counts) {
      const most = Math.max(1, ...counts);
      picture.setAttribute("viewBox", `0 0 ${counts.length * 4} ${height}`);
      picture.setAttribute("aria-label", `${title}: at most ${countText(most)} in a minute`);
      const bars = counts.map((count, index) => {
        const barHeight = count === 0 ? 0 : Math.max(1, (count / most) * (height - 1));
        const isNow = index === counts.length - 1;
        const place = { x: index * 4 + 0.5, y: height - barHeight, width: 3, height: barHeight };
        return vector("rect", isNow ? { ...place, class: "now" } : place);
      });
      const ground = vector("line", { x1: 0, x2: counts.length * 4, y1: height, y2: height });
      picture.replaceChildren(ground, ...bars);
    },
  };
}
