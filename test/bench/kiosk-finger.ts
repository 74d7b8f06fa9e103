import type { CDPSession, Locator, Page } from "playwright-core";

/** What a person sees of a tap, in milliseconds, in frames that were painted. */
export interface TapTimes {
  /** From the finger's touch to a page that looks different: what is pressed shows it, or what comes next is there. */
  readonly responseMs: number;
  /** From the finger's leaving, which is when a tap counts, to what was asked for: the next screen, digit, word or look. */
  readonly nextMs: number;
}

/** A finger on the glass. */
export interface Finger {
  /** Waits until the target can be pressed. Rejects if the page shows nothing of the tap. */
  tap(target: Locator): Promise<TapTimes>;
  /** Taps that a busy machine stretched to a long press, which presses nothing; they were made again. */
  stretched(): number;
}

/** A finger stays on the glass for about this long. */
const touchMs = 80;

/** @param page made with `hasTouch`, and loaded */
export async function fingerOn(page: Page): Promise<Finger> {
  const tools = await page.context().newCDPSession(page);
  await page.evaluate(watchTaps);
  let stretched = 0;
  const once = async (target: Locator): Promise<TapTimes | null> => {
    await target.click({ trial: true });
    const point = await middleOf(target);
    const seen = page.evaluate<TapTimes | null>("nextTap()");
    await touch(tools, point);
    return await seen;
  };
  return {
    async tap(target) {
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const times = await once(target);
        if (times !== null) return times;
        stretched += 1;
      }
      throw new Error("the page hears nothing of a tap");
    },
    stretched: () => stretched,
  };
}

const attemptsMax = 5;

interface Point {
  readonly x: number;
  readonly y: number;
}

async function middleOf(target: Locator): Promise<Point> {
  const box = await target.boundingBox();
  if (box === null) throw new Error("what is to be tapped has no place on the screen");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** A finger leaves when it leaves, however long the page takes to hear that it came. */
async function touch(tools: CDPSession, point: Point): Promise<void> {
  const came = tools.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] });
  await new Promise((resolve) => void setTimeout(resolve, touchMs));
  await Promise.all([came, tools.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] })]);
}

/**
 * In the page. A change counts when the frame after the one that shows it begins, and for the response not before the
 * browser itself says that the frame was presented (Event Timing). A screen that fades in counts once it is half there.
 */
const watchTaps = `
  const all = (selector) => [...document.querySelectorAll(selector)];
  const content = () => JSON.stringify([
    all("main, .demo").map((each) => each.innerText), all("input").map((each) => each.value),
    all("dialog[open]").length,
    all("[aria-checked], [aria-pressed]").map((each) => each.outerHTML),
    document.documentElement.lang, { ...document.documentElement.dataset },
  ]);
  const surface = (element) => {
    if (element === null || !element.isConnected) return "gone";
    const { backgroundColor, borderTopColor, boxShadow, color, scale, transform } = getComputedStyle(element);
    return [backgroundColor, borderTopColor, boxShadow, color, scale, transform].join();
  };
  const isHalfThere = () => all(".screen, dialog[open]").every((each) => Number(getComputedStyle(each).opacity) >= 0.5);
  const once = (isSeen, then) => requestAnimationFrame(() => {
    if (isSeen()) requestAnimationFrame(() => then(performance.now()));
    else once(isSeen, then);
  });
  const presented = new Map();
  new PerformanceObserver((list) => {
    for (const { name, startTime, duration } of list.getEntries()) {
      if (name === "pointerdown") presented.set(startTime, duration);
    }
  }).observe({ type: "event", durationThreshold: 16 });

  globalThis.nextTap = () => new Promise((resolve, reject) => {
    const before = content();
    let [touchedAt, respondedAt] = [null, null];
    const stop = new AbortController();
    const heard = { capture: true, once: true, signal: stop.signal };
    const limit = setTimeout(() => reject(new Error("the page showed nothing of a tap")), 30_000);
    const unheard = setTimeout(() => {
      clearTimeout(limit);
      stop.abort();
      resolve(null);
    }, 10_000);
    addEventListener("pointerdown", ({ target, timeStamp }) => {
      const pressed = target.closest("button");
      const untouched = surface(pressed);
      touchedAt = timeStamp;
      once(() => surface(pressed) !== untouched || content() !== before, (at) => (respondedAt = at));
    }, heard);
    addEventListener("click", ({ timeStamp: leftAt }) => {
      clearTimeout(unheard);
      // A browser that has waited too long for the page tells it of the tap alone.
      touchedAt ??= leftAt - ${touchMs};
      once(() => content() !== before && isHalfThere(), (nextAt) => {
        clearTimeout(limit);
        stop.abort();
        // What the browser says of a frame comes a moment after it.
        setTimeout(() => {
          const responseMs = Math.max((respondedAt ?? nextAt) - touchedAt, presented.get(touchedAt) ?? 0);
          resolve({ responseMs, nextMs: nextAt - leftAt });
        }, 50);
      });
    }, heard);
  });
  undefined`;
