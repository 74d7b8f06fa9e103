import { styleText } from "node:util";
import { z } from "zod";

const entry = z.looseObject({ level: z.string(), at: z.string(), event: z.string() });

/** A JSON line of the log as one line for a person: `12:03:04.120 warn  broker unreachable  delayMs=1200`. */
export function prettyLine(line: string, colour: boolean): string {
  const { level, at, event, ...fields } = entry.parse(JSON.parse(line));
  const paint = colour ? colours[level] : undefined;
  const shownLevel = level.padEnd(5);
  const label = paint === undefined ? shownLevel : styleText(paint, shownLevel, { validateStream: false });
  const rest = Object.entries(fields)
    .map(([name, value]) => `${name}=${shown(value)}`)
    .join(" ");
  const dimmed = colour && rest !== "" ? styleText("dim", rest, { validateStream: false }) : rest;
  return `${at.slice(11, 23)} ${label} ${event}${rest === "" ? "" : `  ${dimmed}`}\n`;
}

const colours: Readonly<Record<string, "red" | "yellow" | "green" | "dim">> = {
  error: "red",
  warn: "yellow",
  info: "green",
  debug: "dim",
};

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
