import type { JSX } from "preact";

export type IconName = keyof typeof outlines;

/** A sign beside words, never instead of them: it is hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {outlines[name].map((outline) => (
        <path key={outline} d={outline} />
      ))}
    </svg>
  );
}

/** On a grid of 24, with a line of 2. */
const outlines = {
  alert: ["M12 3.5 2.5 20h19L12 3.5Z", "M12 10v4.5", "M12 17.4v.1"],
  back: ["M20 12H4", "m11 5-7 7 7 7"],
  battery: ["M3 8h15v8H3Z", "M21 11v2", "M6 11v2"],
  bluetooth: ["m7 8 10 8-5 4.5v-17L17 8 7 16"],
  card: ["M3 6h18v12H3Z", "M3 10h18", "M7 14.5h4"],
  check: ["m4.5 12.5 5 5 10-11"],
  circle: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M12 7v5.3l3.5 2"],
  close: ["m5.5 5.5 13 13", "m18.5 5.5-13 13"],
  cloud: ["M7 18.5a4.5 4.5 0 0 1-.4-9 6 6 0 0 1 11.5 1.6A3.8 3.8 0 0 1 17.5 18.5Z"],
  contrast: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M12 3v18", "M12 7l6.5-1", "M12 12h9", "M12 17l6.5 1"],
  device: ["M7 3h10v18H7Z", "M10 7h4v4h-4Z", "M12 16.5v.1"],
  down: ["m5 9 7 7 7-7"],
  erase: ["M9 5h12v14H9l-6-7Z", "m12.5 9.5 5 5", "m17.5 9.5-5 5"],
  forward: ["M4 12h16", "m13 5 7 7-7 7"],
  hand: [
    "M8 12V5.5a1.5 1.5 0 0 1 3 0V11",
    "M11 10.5V4a1.5 1.5 0 0 1 3 0v6.5",
    "M14 11V5.5a1.5 1.5 0 0 1 3 0V14c0 4-2 7-5.5 7-3 0-4.5-1.5-6-4.5l-1.9-3.5a1.5 1.5 0 0 1 2.6-1.5L8 14",
  ],
  heart: ["M12 20S3.5 15 3.5 9a4.5 4.5 0 0 1 8.5-2 4.5 4.5 0 0 1 8.5 2c0 6-8.5 11-8.5 11Z"],
  home: ["M4 11 12 4l8 7", "M6 9.5V20h12V9.5", "M10 20v-6h4v6"],
  info: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M12 11v5.5", "M12 7.5v.1"],
  language: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M3 12h18", "M12 3c-5 5-5 13 0 18", "M12 3c5 5 5 13 0 18"],
  list: ["M9 6h12", "M9 12h12", "M9 18h12", "M4 6h.1", "M4 12h.1", "M4 18h.1"],
  lock: ["M5 11h14v9H5Z", "M8 11V8a4 4 0 0 1 8 0v3"],
  minus: ["M5 12h14"],
  movement: ["M4 8c2-3 4-3 6 0s4 3 6 0 3-2.5 4-2", "M4 16c2-3 4-3 6 0s4 3 6 0 3-2.5 4-2"],
  person: ["M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "M4 21c.5-4.5 3.5-6.5 8-6.5s7.5 2 8 6.5"],
  plus: ["M12 5v14", "M5 12h14"],
  print: ["M7 9V3h10v6", "M7 17H4V9h16v8h-3", "M7 14h10v7H7Z"],
  pulse: ["M2.5 12H7l2.5-7 5 14 2.5-7h4.5"],
  refresh: ["M20 12a8 8 0 1 1-2.5-5.8", "M20 3v4.5h-4.5"],
  scan: ["M4 8V4h4", "M16 4h4v4", "M20 16v4h-4", "M8 20H4v-4", "M8 8v8", "M12 8v8", "M16 8v8"],
  signal: ["M5 19v-3", "M10 19v-7", "M15 19V8", "M20 19V4"],
  stop: ["M8 3h8l5 5v8l-5 5H8l-5-5V8Z", "M12 7.5V13", "M12 16.3v.1"],
  text: ["M3 19 8 6l5 13", "M4.8 14.5h6.4", "m15 19 3-8 3 8", "M16 16.5h4"],
  up: ["m5 15 7-7 7 7"],
} as const;
