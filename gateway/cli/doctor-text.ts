import type { Examined } from "../ops/doctor.ts";
import type { Paint, Style } from "./terminal.ts";
import { wrapText } from "./wrap-text.ts";

const marks: Readonly<Record<Examined["status"], readonly [mark: string, style: Style]>> = {
  ok: ["✓", "green"],
  warn: ["!", "yellow"],
  fail: ["✗", "red"],
  skipped: ["·", "dim"],
};

export interface DoctorLayout {
  readonly columns: number;
  /** The width of the column of names. */
  readonly nameColumns: number;
  readonly paint: Paint;
}

/** One check: its mark, its name, what it found, and below that how to mend it. */
export function examinedText({ status, check, finding, mend }: Examined, layout: DoctorLayout): string {
  const { paint, nameColumns } = layout;
  const [mark, style] = marks[status];
  const indent = " ".repeat(nameColumns + 6);
  const columns = Math.max(20, layout.columns - indent.length);
  const [first = "", ...rest] = wrapText(finding, columns);
  const body = status === "skipped" ? paint("dim", first) : first;
  const head = `  ${paint(style, mark)} ${paint("bold", check.padEnd(nameColumns))}  ${body}\n`;
  const more = rest.map((line) => `${indent}${line}\n`);
  const told = (mend ?? "").split("\n").flatMap((one) => mendLines(one, columns - 2, paint));
  return head + more.join("") + told.map((line) => `${indent}${line}\n`).join("");
}

function mendLines(mend: string, columns: number, paint: Paint): readonly string[] {
  if (mend === "") return [];
  return wrapText(mend, columns).map((line, index) => `${index === 0 ? paint("cyan", "→") : " "} ${line}`);
}

/** "5 ok, 1 warning, 1 failed" */
export function summaryText(examined: readonly Examined[], paint: Paint): string {
  const count = (status: Examined["status"]): number => examined.filter((one) => one.status === status).length;
  const [warned, failed, skipped] = [count("warn"), count("fail"), count("skipped")];
  const parts = [
    paint("green", `${count("ok")} ok`),
    ...(warned === 0 ? [] : [paint("yellow", warned === 1 ? "1 warning" : `${warned} warnings`)]),
    ...(failed === 0 ? [] : [paint("red", `${failed} failed`)]),
    ...(skipped === 0 ? [] : [paint("dim", `${skipped} not checked`)]),
  ];
  return `\n  ${parts.join(", ")}\n`;
}
