// Clicks on plots over time that name a run: viewers of that run go to the time. The plots are those of plotly, whose own
// clicks get lost where it draws a plot again, as it does while a run moves: then what is under the pointer is not the plot.

const SLACK = 6; // pixels a hand may tremble between press and release; more is a drag, which zooms

/** A plot as plotly keeps it in the page: `meta` is ours, `_fullLayout` says where within it its axes lie. */
export interface Plot {
  layout?: { meta?: { run?: string; fs_per_unit?: number } };
  _fullLayout?: { _size: { l: number; t: number; w: number; h: number }; xaxis: { range: [number, number] } };
  getBoundingClientRect(): { left: number; top: number };
  contains(other: Node): boolean;
}

/** A place of the screen, and the topmost element there. */
export interface Press {
  clientX: number;
  clientY: number;
  target: Pick<Node, "contains"> | null;
}

export interface Moment {
  run: string;
  fs: number;
}

/** Which time of which run is pressed; null where the plot does not know, beside its axes, and below something else. */
export function momentAt(plot: Plot, { clientX, clientY, target }: Press): Moment | null {
  const [meta, drawn] = [plot.layout?.meta, plot._fullLayout];
  if (meta?.run === undefined || meta.fs_per_unit === undefined || drawn === undefined || target === null) return null;
  if (!plot.contains(target as Node) && !target.contains(plot as unknown as Node)) return null;
  const { left, top } = plot.getBoundingClientRect();
  const { l, t, w, h } = drawn._size;
  const [right, down] = [(clientX - left - l) / w, (clientY - top - t) / h];
  if (!(right >= 0 && right <= 1 && down >= 0 && down <= 1)) return null;
  const [from, to] = drawn.xaxis.range;
  return { run: meta.run, fs: meta.fs_per_unit * (from + right * (to - from)) };
}

/** Call back with each moment that is clicked on any plot of the page. */
export function listenToPlots(page: Document, goTo: (moment: Moment) => void): void {
  let pressed: { x: number; y: number; moment: Moment } | null = null;
  page.addEventListener(
    "pointerdown",
    (event) => {
      const press: Press = { clientX: event.clientX, clientY: event.clientY, target: event.target as Node };
      const plots = [...page.querySelectorAll(".js-plotly-plot")] as unknown as Plot[];
      const moment = plots.map((plot) => momentAt(plot, press)).find((found) => found !== null) ?? null;
      pressed = moment === null || event.button !== 0 ? null : { x: event.clientX, y: event.clientY, moment };
    },
    true,
  );
  page.addEventListener(
    "pointerup",
    (event) => {
      if (pressed !== null && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) <= SLACK) goTo(pressed.moment);
      pressed = null;
    },
    true,
  );
}
