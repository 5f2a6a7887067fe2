// Where a viewer lives: a Streamlit component, or an anywidget in Jupyter.
import { type Bytes, decodeScene } from "./codec.ts";
import { Viewer } from "./viewer.ts";

const LINGER = 20_000; // ms: a page change takes the viewer out of the page and, mostly, puts it back

interface Lodger {
  viewer: Viewer;
  eviction: ReturnType<typeof setTimeout> | null;
}

const lodgers = new Map<string, Lodger>();

export interface StreamlitArguments {
  data: Bytes | null;
  parentElement: HTMLElement;
  setTriggerValue(name: string, value: unknown): void;
}

/** Streamlit calls this at every rerun: same content, same picture, nothing drawn twice. */
export function mountInStreamlit({ data, parentElement, setTriggerValue }: StreamlitArguments): (() => void) | undefined {
  if (data === null) return undefined;
  const scene = decodeScene(data);
  const place = parentElement.querySelector<HTMLElement>(".les-root") ?? parentElement;
  const viewer = takeIn(scene.viewer, place);
  viewer.onPick = (index) => setTriggerValue("picked", { index });
  viewer.update(scene);
  return () => letGo(scene.viewer, place);
}

function takeIn(id: string, place: HTMLElement): Viewer {
  const known = lodgers.get(id);
  if (known === undefined) {
    const viewer = new Viewer(place);
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
    lodger.viewer.dispose();
  }, LINGER);
}

export interface WidgetModel {
  get(name: "payload"): DataView;
  get(name: "height"): number | undefined;
  set(name: "picked", value: { index: number | null }): void;
  save_changes(): void;
  on(event: "change:payload", callback: () => void): void;
}

/** anywidget's entry: `payload` (bytes) and `height` come in, `picked` goes out. */
export function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  el.style.height = `${model.get("height") ?? 480}px`;
  const viewer = new Viewer(el);
  viewer.onPick = (index) => {
    model.set("picked", { index });
    model.save_changes();
  };
  const show = () => viewer.update(decodeScene(model.get("payload")));
  model.on("change:payload", show);
  show();
  return () => viewer.dispose();
}
