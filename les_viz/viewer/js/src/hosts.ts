// Where a viewer lives: a Streamlit component, or an anywidget in Jupyter.
import { decodeScene, gridValuesIn, openContainer, sceneIn } from "./codec.ts";
import type { Bytes, Container } from "./container.ts";
import { courseIn } from "./course.ts";
import { CoursePlot } from "./courseplot.ts";
import type { Move } from "./drag.ts";
import { type Piece, type Seek, pieceIn, seekIn } from "./frames.ts";
import { type Moment, listenToPlots } from "./plotclicks.ts";
import type { GridValues } from "./scene.ts";
import { type Souvenir, Viewer } from "./viewer.ts";

const LINGER = 20_000; // ms: a page change takes the viewer out of the page and, mostly, puts it back

interface Lodger {
  viewer: Viewer;
  eviction: ReturnType<typeof setTimeout> | null;
}

const lodgers = new Map<string, Lodger>();
const souvenirs = new Map<string, Souvenir>();
/** Grids that came before the scene that shows them. */
const grids = new Map<string, { digest: string; values: GridValues }>();
/** The last frame that Python wished to see, by viewer. */
const sought = new Map<string, string>();
/** The last scene that each messenger brought: Streamlit hands it over again whenever it draws the page. */
const drawn = new Map<string, string>();
/** Where a viewer tells of atoms that were dragged. */
const movers = new Map<string, (move: Move) => void>();
/** Lines of runs that move. */
const plots = new Map<string, CoursePlot>();
/** Frames that came before the viewer that shows them. */
const early = new Map<string, Piece[]>();

export interface StreamlitArguments {
  data: Bytes | null;
  parentElement: HTMLElement;
  setTriggerValue(name: string, value: unknown): void;
}

let isListening = false;

/** Once a page; its plots and viewers come and go. */
function heedPlots(): void {
  if (isListening) return;
  isListening = true;
  listenToPlots(document, holdAt);
}

function holdAt({ run, fs }: Moment): void {
  for (const { viewer } of lodgers.values()) viewer.holdAt(run, fs);
}

/** Streamlit calls this at every rerun: same content, same picture, nothing drawn twice. */
export function mountInStreamlit(host: StreamlitArguments): (() => void) | undefined {
  if (host.data === null) return undefined;
  const box = openContainer(host.data);
  if ("messenger" in box.header) return takeMessage(box, host);
  if ("first" in box.header) return keepFrames(String(box.header["viewer"]), pieceIn(box));
  if ("plot" in box.header) return showCourse(box, host.parentElement);
  if ("seek" in box.header) return goTo(String(box.header["viewer"]), seekIn(box));
  if ("grid" in box.header) return keepGrid(String(box.header["viewer"]), String(box.header["grid"]), gridValuesIn(box));
  heedPlots();
  const { parentElement, setTriggerValue } = host;
  const scene = sceneIn(box);
  const place = parentElement.querySelector<HTMLElement>(".les-root") ?? parentElement;
  if (scene.height !== null) place.style.height = `calc(${scene.height}px + var(--les-extra, 0px))`; // what a page adds in tall windows
  const viewer = takeIn(scene.viewer, place);
  viewer.onSelect = ({ atoms, picked }) => setTriggerValue("picked", { index: picked, selection: atoms });
  viewer.onMove = (move) => movers.get(scene.viewer)?.(move);
  viewer.onTick = (question) => setTriggerValue("tick", question);
  viewer.onShow = (choice) => setTriggerValue("shown", choice);
  const grid = grids.get(scene.viewer);
  if (grid !== undefined) viewer.takeGrid(grid.digest, grid.values); // first, so that the scene is drawn once
  viewer.update(scene);
  for (const piece of early.get(scene.viewer) ?? []) viewer.takeFrames(piece);
  early.delete(scene.viewer);
  return () => letGo(scene.viewer, place);
}

function showCourse(box: Container, place: HTMLElement): () => void {
  const course = courseIn(box);
  const plot = plots.get(course.plot) ?? new CoursePlot(place);
  plots.set(course.plot, plot);
  if (!place.contains(plot.root)) place.append(plot.root);
  plot.onMoment = holdAt;
  plot.update(course);
  return () => {
    if (plot.root.isConnected && !place.contains(plot.root)) return; // it lives elsewhere by now
    plots.delete(course.plot);
    plot.dispose();
  };
}

function keepFrames(id: string, piece: Piece): undefined {
  const viewer = lodgers.get(id)?.viewer;
  if (viewer !== undefined) viewer.takeFrames(piece);
  else early.set(id, [...(early.get(id) ?? []), piece]);
}

/** A scene that goes ahead of its page: drawn, then Python is told, which lets the rest follow. */
function takeMessage(box: Container, { setTriggerValue }: StreamlitArguments): (() => void) | undefined {
  const [id, messenger, digest] = ["viewer", "messenger", "digest"].map((name) => String(box.header[name])) as [string, string, string];
  const scene = box.bytesOf("scene");
  if (scene === null) drawn.delete(messenger);
  else if (drawn.get(messenger) !== digest) {
    drawn.set(messenger, digest);
    lodgers.get(id)?.viewer.update(decodeScene(scene));
    requestAnimationFrame(() => setTimeout(() => setTriggerValue("drawn", digest))); // once it is on the screen
  }
  if (box.header["takes_moves"] !== true) return undefined;
  const tell = (move: Move) => setTriggerValue("moved", move);
  movers.set(id, tell);
  return () => {
    if (movers.get(id) === tell) movers.delete(id);
  };
}

function goTo(id: string, seek: Seek): undefined {
  const wish = `${seek.run} ${seek.turn}`;
  lodgers.get(id)?.viewer.seek(seek, sought.get(id) !== wish);
  sought.set(id, wish);
}

function keepGrid(id: string, digest: string, values: GridValues | null): undefined {
  if (values === null) return;
  grids.set(id, { digest, values });
  lodgers.get(id)?.viewer.takeGrid(digest, values);
}

function takeIn(id: string, place: HTMLElement): Viewer {
  const known = lodgers.get(id);
  if (known === undefined) {
    const viewer = new Viewer(place, souvenirs.get(id) ?? null);
    lodgers.set(id, { viewer, eviction: null });
    return viewer;
  }
  if (known.eviction !== null) clearTimeout(known.eviction);
  known.eviction = null;
  known.viewer.attachTo(place);
  return known.viewer;
}

function letGo(id: string, place: HTMLElement): void {
  const lodger = lodgers.get(id);
  if (lodger === undefined || lodger.viewer.root.parentElement !== place) return; // it lives elsewhere by now
  lodger.viewer.root.remove();
  lodger.eviction = setTimeout(() => {
    lodgers.delete(id);
    grids.delete(id);
    sought.delete(id);
    souvenirs.set(id, lodger.viewer.keepsake());
    lodger.viewer.dispose();
  }, LINGER);
}

export interface WidgetModel {
  get(name: "payload"): DataView;
  get(name: "frames"): DataView | undefined;
  get(name: "height"): number | undefined;
  set(name: "picked", value: { index: number | null; selection: readonly number[] }): void;
  save_changes(): void;
  set(name: "tick", value: { run: string; have: number }): void;
  on(event: "change:payload" | "change:frames", callback: () => void): void;
}

/** anywidget's entry: `payload` (bytes) and `height` come in, `picked` goes out. */
export function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  el.style.height = `${model.get("height") ?? 480}px`;
  const viewer = new Viewer(el);
  viewer.onSelect = ({ atoms, picked }) => {
    model.set("picked", { index: picked, selection: atoms });
    model.save_changes();
  };
  const show = () => viewer.update(decodeScene(model.get("payload")));
  const play = () => {
    const frames = model.get("frames");
    if (frames !== undefined && frames.byteLength > 0) viewer.takeFrames(pieceIn(openContainer(frames)));
  };
  viewer.onTick = (question) => {
    model.set("tick", question);
    model.save_changes();
  };
  model.on("change:payload", show);
  model.on("change:frames", play);
  show();
  play();
  return () => viewer.dispose();
}
