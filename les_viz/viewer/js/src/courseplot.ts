// The lines of a run while it moves: the same rows as those of `les_viz/plots/timeline.py`, which a browser redraws in
// milliseconds, and in which it stays where the visitor zoomed in.
import uPlot from "uplot";
import uPlotStyles from "uplot/dist/uPlot.min.css";
import { type Course, described, looksLike, momentOf, reading, span } from "./course.ts";
import { make } from "./dom.ts";
import { plainNumber } from "./format.ts";
import type { Moment } from "./plotclicks.ts";
import { type Theme, readTheme, watchTheme } from "./theme.ts";

const AXIS = 4.8; // times the font: width beside the rows
const FOOT = 3.2; // times the font: height of the time axis
const HEAD = 1.7; // times the font: height of the line above a row
const SLACK = 6; // pixels a hand may tremble; more is a drag, which zooms
const DOUBLE = 300; // ms within which a second click makes the first one a double click
const MARK = "#f5b400";
const GREY = "#8a8f98";
const DASHES = { solid: [], dot: [2, 3], dash: [7, 4] };

const STYLES = `${uPlotStyles}
.les-course { color: var(--les-text); font-family: var(--st-font, system-ui, sans-serif); }
.les-course .uplot { font-family: inherit; }
.les-course-head { display: flex; flex-wrap: wrap; gap: 0 0.9em; align-items: end; font-variant-numeric: tabular-nums; }
.les-course-head span { white-space: nowrap; }
.les-course-head i { display: inline-block; width: 1em; margin-right: 0.3em; vertical-align: middle; border-top: 2px solid; }
`;

export class CoursePlot {
  readonly root: HTMLElement;
  onMoment: (moment: Moment) => void = () => {};
  private readonly body: HTMLElement;
  private readonly resizing: ResizeObserver;
  private readonly unwatch: () => void;
  private rows: { plot: uPlot; words: Map<number, Text> }[] = [];
  private course: Course | null = null;
  private theme: Theme | null = null;
  private zoomed: [number, number] | null = null;
  private telling: ReturnType<typeof setTimeout> | undefined;

  constructor(place: HTMLElement) {
    this.root = make("div", "les-course", place);
    this.root.setAttribute("role", "figure");
    make("style", "", this.root).textContent = STYLES;
    this.body = make("div", "", this.root);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.root);
    this.unwatch = watchTheme(this.root, () => {
      if (JSON.stringify(readTheme(this.root)) !== JSON.stringify(this.theme)) this.rebuild();
    });
  }

  /** Show this course; another run is seen whole. */
  update(course: Course): void {
    const before = this.course;
    this.course = course;
    if (before?.run !== course.run || before.fsPerUnit !== course.fsPerUnit) this.zoomed = null;
    if (before === null || !looksLike(before, course)) return this.rebuild();
    this.refresh();
  }

  dispose(): void {
    clearTimeout(this.telling);
    this.resizing.disconnect();
    this.unwatch();
    for (const { plot } of this.rows) plot.destroy();
    this.root.remove();
  }

  private refresh(): void {
    this.rows.forEach(({ plot }, row) => plot.setData(this.dataOf(row)));
    this.say(null);
  }

  private rebuild(): void {
    const { course } = this;
    if (course === null) return;
    for (const { plot } of this.rows) plot.destroy();
    this.body.replaceChildren();
    const theme = readTheme(this.root);
    this.theme = theme;
    this.root.style.setProperty("--les-text", theme.text);
    this.root.style.fontSize = `${course.font}px`;
    this.rows = course.rows.map((_, row) => this.makeRow(row, theme));
    this.say(null);
  }

  private makeRow(row: number, theme: Theme): { plot: uPlot; words: Map<number, Text> } {
    const course = this.course!;
    const head = make("div", "les-course-head", this.body);
    head.style.minHeight = `${HEAD * course.font}px`;
    if (course.rows[row]!.title !== "") make("span", "", head).textContent = course.rows[row]!.title;
    const words = new Map<number, Text>();
    for (const line of this.linesOf(row)) {
      const span = make("span", "", head);
      const sample = make("i", "", span);
      sample.style.borderTop = `2px ${{ solid: "solid", dot: "dotted", dash: "dashed" }[course.lines[line]!.dash]} ${course.lines[line]!.color}`;
      words.set(line, span.appendChild(document.createTextNode("")));
    }
    const plot = inMainMemory(() => new uPlot(this.options(row, theme), this.dataOf(row), this.body));
    this.heedClicks(plot);
    return { plot, words };
  }

  private linesOf(row: number): number[] {
    return this.course!.lines.flatMap((line, i) => (line.row === row ? [i] : []));
  }

  private dataOf(row: number): uPlot.AlignedData {
    return [this.course!.times, ...this.linesOf(row).map((line) => this.course!.values[line]!)];
  }

  private size(row: number): { width: number; height: number } {
    const { rows, font, height } = this.course!;
    const plain = height - font * (FOOT + HEAD * rows.length);
    const foot = row === rows.length - 1 ? font * FOOT : 0;
    return { width: Math.max(50, this.root.clientWidth), height: Math.round(plain * rows[row]!.share + foot) };
  }

  private options(row: number, { text }: Theme): uPlot.Options {
    const course = this.course!;
    const isLast = row === course.rows.length - 1;
    const lines = this.linesOf(row).map((line) => course.lines[line]!);
    const width = AXIS * course.font;
    const edge = 0.6 * course.font; // half of a number beside the end of an axis
    const right = lines.find((line) => line.is_right);
    const left = right === undefined ? undefined : lines.find((line) => !line.is_right); // two axes: each in its colour
    const font = `${course.font}px ${getComputedStyle(this.root).fontFamily}`;
    const hairline = { stroke: `${GREY}40`, width: 1 };
    const common = { stroke: text, font, ticks: { stroke: GREY, width: 1, size: 4 }, grid: hairline };
    const numbers = (_: uPlot, splits: number[]) => splits.map(plainNumber);
    const time = isLast
      ? { label: course.timeLabel, labelFont: font, labelSize: 1.4 * course.font, size: 1.8 * course.font, values: numbers }
      : { size: 0, values: () => [] };
    const axis = { ...common, size: width, values: numbers, space: 2.2 * course.font };
    return {
      ...this.size(row),
      padding: [edge, right ? 0 : width, isLast ? 0 : edge, 0],
      legend: { show: false },
      scales: { x: { time: false, range: () => span(this.course!, this.zoomed) } },
      axes: [
        { ...common, ...time },
        { ...axis, scale: "left", stroke: left?.color ?? text },
        ...(right ? [{ ...axis, scale: "right", side: 1 as const, grid: { show: false }, stroke: right.color }] : []),
      ],
      series: [
        {},
        ...lines.map((line) => ({
          stroke: line.color,
          width: 2,
          dash: DASHES[line.dash],
          scale: line.is_right ? "right" : "left",
          points: { show: (plot: uPlot) => plot.data[0].length === 1 },
        })),
      ],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        sync: { key: course.plot, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
        bind: { dblclick: () => () => this.showAll() },
      },
      hooks: {
        setSelect: [(plot) => this.zoomTo(plot)],
        setCursor: [(plot) => this.say(plot.cursor.idx ?? null)],
        draw: [(plot) => this.drawMark(plot)],
      },
    };
  }

  private say(point: number | null): void {
    this.root.setAttribute("aria-label", described(this.course!, this.zoomed));
    for (const { words } of this.rows)
      for (const [line, text] of words) text.data = reading(this.course!, line, point);
  }

  private zoomTo(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width <= SLACK) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom([plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]);
  }

  private zoom(zoomed: [number, number] | null): void {
    this.zoomed = zoomed;
    this.refresh();
  }

  private drawMark({ ctx, bbox, valToPos }: uPlot): void {
    const mark = this.course?.mark ?? null;
    if (mark === null) return;
    const x = valToPos(mark, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    ctx.fillStyle = MARK;
    ctx.fillRect(x - window.devicePixelRatio, bbox.top, 2 * window.devicePixelRatio, bbox.height);
  }

  /** A click holds the picture; the two of a double click do not. */
  private heedClicks(plot: uPlot): void {
    let pressed = NaN;
    plot.over.addEventListener("pointerdown", (event) => (pressed = event.button === 0 ? event.clientX : NaN));
    plot.over.addEventListener("pointerup", ({ clientX }) => {
      if (!(Math.abs(clientX - pressed) <= SLACK)) return;
      const time = plot.posToVal(clientX - plot.over.getBoundingClientRect().left, "x");
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.onMoment(momentOf(this.course!, time)), DOUBLE);
    });
  }

  private showAll(): null {
    clearTimeout(this.telling);
    this.zoom(null);
    return null;
  }

  private resize(): void {
    this.rows.forEach(({ plot }, row) => {
      const size = this.size(row);
      if (size.width !== plot.width) plot.setSize(size);
    });
  }
}

/** Canvases made here are painted by the processor, as part of the page: a layer each costs every moving picture of the
 * page, where it is put together without a graphics card. */
function inMainMemory<T>(makePlot: () => T): T {
  const { prototype } = HTMLCanvasElement;
  const { getContext } = prototype;
  prototype.getContext = function (this: HTMLCanvasElement, kind: string, settings?: object) {
    return getContext.call(this, kind, { ...settings, willReadFrequently: true });
  } as typeof getContext;
  try {
    return makePlot();
  } finally {
    prototype.getContext = getContext;
  }
}
