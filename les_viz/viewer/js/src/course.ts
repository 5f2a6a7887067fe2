// A run over time, as `les_viz/ui/dynamics/live_plot.py` sends it while the run moves.
import type { Container } from "./container.ts";
import { plainNumber } from "./format.ts";
import type { Moment } from "./plotclicks.ts";

/** Keys of the JSON header, each required. */
export const COURSE_KEYS = [
  "version", "plot", "run", "fs_per_unit", "time_label", "mark", "height", "font", "rows", "lines", "digest", "arrays",
] as const;

export interface Line {
  /** That it is drawn in, from 0. */
  row: number;
  name: string;
  unit: string;
  color: string;
  dash: "solid" | "dot" | "dash";
  /** It has an axis of its own, to the right. */
  is_right: boolean;
}

export interface Row {
  title: string;
  /** Part of the height. */
  share: number;
}

export interface Course {
  plot: string;
  run: string;
  fsPerUnit: number;
  timeLabel: string;
  /** A time to mark. */
  mark: number | null;
  /** Pixels, of all rows. */
  height: number;
  font: number;
  rows: readonly Row[];
  lines: readonly Line[];
  times: Float32Array;
  values: readonly Float32Array[];
}

export function courseIn(box: Container): Course {
  box.require(COURSE_KEYS);
  const { header } = box;
  const lines = header["lines"] as Line[];
  return {
    plot: String(header["plot"]),
    run: String(header["run"]),
    fsPerUnit: Number(header["fs_per_unit"]),
    timeLabel: String(header["time_label"]),
    mark: header["mark"] as number | null,
    height: Number(header["height"]),
    font: Number(header["font"]),
    rows: header["rows"] as Row[],
    lines,
    times: box.floats("times")!,
    values: lines.map((_, i) => box.floats(`line${i}`)!),
  };
}

/** Whether the same lines are drawn in the same places: then only numbers changed. */
export const looksLike = (a: Course, b: Course): boolean =>
  JSON.stringify([a.rows, a.lines, a.height, a.font, a.timeLabel]) === JSON.stringify([b.rows, b.lines, b.height, b.font, b.timeLabel]);

/** What is seen of the time axis: what was zoomed into, else everything. */
export function span({ times }: Course, zoomed: readonly [number, number] | null): [number, number] {
  if (zoomed !== null) return [...zoomed];
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 1];
  return from < to ? [from, to] : [from, from + 1];
}

/** A line's name and its value at a point, or its last one; the unit, unless the row's title has it. */
export function reading({ rows, lines, values }: Course, line: number, point: number | null): string {
  const { name, row, unit } = lines[line]!;
  const value = values[line]!.at(point ?? -1);
  const parts = [name, value === undefined ? "–" : plainNumber(value), rows[row]!.title === "" ? unit : ""];
  return parts.filter((part) => part !== "").join(" ");
}

/** What is seen, for those who do not see it. */
export function described(course: Course, zoomed: readonly [number, number] | null): string {
  const [from, to] = span(course, zoomed).map(plainNumber);
  const marked = course.mark === null ? "" : `, marked at ${course.mark}`;
  return `${course.timeLabel} from ${from} to ${to}${marked}`;
}

/** The moment at a time of the axis. */
export const momentOf = ({ run, fsPerUnit }: Course, time: number): Moment => ({ run, fs: fsPerUnit * time });
