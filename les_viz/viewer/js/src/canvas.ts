// The WebGL side: a thin, typed shell around 3Dmol that draws atoms, bonds, cell and the layers over them.
import * as $3Dmol from "3dmol/build/3Dmol.es6-min.js";
import { Bonds } from "./bonds.ts";
import {
  CAMERA_Z,
  type Eye,
  type Quaternion,
  type View,
  fittingDistance,
  inOtherProjection,
  quaternionOf,
  rotate,
} from "./camera.ts";
import { boundingBall, cellEdges } from "./cell.ts";
import { diverging, toHex } from "./colormap.ts";
import { arrowMesh, gridOf, sliceMesh, surfaceMesh, tensorMesh } from "./overlays.ts";
import type { Grid } from "./grid.ts";
import type { Mesh } from "./mesh.ts";
import type { Placed } from "./placed.ts";
import { type Drawing, HIDDEN_RADIUS, atomRadius, bondRadius } from "./representation.ts";
import { type Arrows, type Scene, type Volume, covalentRadii, sameNumbers, symbolOf } from "./scene.ts";
import { FRONT, Shapes } from "./shapes.ts";
import { Sketch, type Sketched, canSketch } from "./sketch.ts";
import { type Vector, plus, row, unit } from "./vectors.ts";
import { endsOf, isOfWhole } from "./wholearrow.ts";

const START: Quaternion = [-0.1305, 0.2588, 0.0341, 0.9565]; // a little from above and from the side
const LIGHT: Vector = unit([0.2, 0.2, 1]); // where 3Dmol's lamp is, beside the camera
const EDGE_COLOUR = "#8a8f98";
const EDGE_RADIUS = 0.025; // Å: lines would be one pixel wide at any zoom
const MOST_ARROWS = 16;
const MOST_SURFACES = 4;
const GLASS = { opacity: 0.8 }; // 3Dmol multiplies by it twice

interface Surfaces {
  plus: Mesh;
  minus: Mesh;
}

/** Whether WebGL is computed without a graphics card: smooth edges and outlines then cost six times the frame. */
function rendersInSoftware(): boolean {
  const context = document.createElement("canvas").getContext("webgl");
  const info = context?.getExtension("WEBGL_debug_renderer_info");
  const name = context == null || info == null ? "" : String(context.getParameter(info.UNMASKED_RENDERER_WEBGL));
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}

export class Canvas {
  readonly element: HTMLElement;
  private readonly viewer: $3Dmol.Viewer;
  private readonly isPlain = rendersInSoftware();
  private readonly sketch: Sketch;
  private sketched: Sketched | null = null;
  private readonly onViewChange: () => void;
  private background = "#ffffff";
  private readonly shapes: Shapes;
  private readonly bonds = new Bonds();
  private atoms: $3Dmol.Atom[] = [];
  private elements: Uint8Array = new Uint8Array();
  private model: $3Dmol.Model | null = null;
  private cell: $3Dmol.Shape | null = null;
  private drawnCell = "";
  private isOrthographic = false;
  private grid = "";
  private readonly surfaces = new Map<string, Surfaces>();

  constructor(parent: HTMLElement, onViewChange: () => void) {
    this.element = document.createElement("div");
    this.element.className = "les-canvas";
    parent.appendChild(this.element);
    this.viewer = $3Dmol.createViewer(this.element, { antialias: !this.isPlain });
    if (typeof OffscreenCanvas !== "undefined") this.leaveWatchingToUs();
    this.sketch = new Sketch(parent, this.element);
    this.onViewChange = onViewChange;
    this.viewer.setViewChangeCallback(() => this.viewChanged());
    this.shapes = new Shapes(this.viewer);
  }

  get view(): View {
    return this.viewer.getView().slice(0, 8) as View;
  }

  set view(view: View) {
    this.viewer.setView(view);
  }

  get size(): { width: number; height: number } {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  get eye(): Eye {
    const { width, height } = this.size;
    return { view: this.view, aspect: width / Math.max(1, height), isOrthographic: this.isOrthographic };
  }

  get rotation(): Quaternion {
    return quaternionOf(this.view);
  }

  get pixels(): HTMLCanvasElement {
    return this.viewer.getCanvas();
  }

  setTheme(background: string, outline: string): void {
    this.background = background;
    this.viewer.setBackgroundColor(background, 1);
    if (!this.isPlain) this.viewer.setViewStyle({ style: "outline", color: outline, width: 0.02 });
  }

  setProjection(isOrthographic: boolean): void {
    if (isOrthographic === this.isOrthographic) return;
    const view = inOtherProjection(this.eye);
    this.isOrthographic = isOrthographic;
    this.viewer.setProjection(isOrthographic ? "orthographic" : "perspective");
    this.view = view;
  }

  /** Draw a scene, reusing atoms and context where the elements did not change. */
  draw(placed: Placed, drawing: Drawing, isSameSubject: boolean): void {
    const isSameModel = placed.positions.length === 3 * this.atoms.length && sameNumbers(this.elements, placed.scene.numbers);
    if (!isSameSubject || !isSameModel) {
      this.viewer.removeAllModels();
      if (!isSameSubject) this.reset(placed); // draws at once, so do it while there is nothing to draw
      this.build(placed);
    }
    this.bonds.forget();
    this.drawFrame(placed, drawing, placed.scene.values);
    this.drawLayers(placed, drawing);
  }

  /** Move and colour the atoms, and the cell with them; all else stays. */
  drawFrame(placed: Placed, drawing: Drawing, values: Float32Array | null): void {
    this.sketched = null;
    this.sketch.hide();
    this.atoms.forEach((atom, i) => {
      atom.x = placed.positions[3 * i]!;
      atom.y = placed.positions[3 * i + 1]!;
      atom.z = placed.positions[3 * i + 2]!;
    });
    const radii = covalentRadii(placed.scene);
    if (drawing.representation !== "spheres") this.connect(this.bonds.between(placed, radii));
    this.paint(placed, drawing, values, radii);
    this.drawCell(drawing.showCell ? placed.cell : null);
    this.invalidate();
  }

  /** Show a frame that the next one follows at once; say whether that is any cheaper than `drawFrame`. */
  sketchFrame(placed: Placed, drawing: Drawing, values: Float32Array | null): boolean {
    if (!this.isPlain || !canSketch(placed.scene, values)) return false;
    const { scene } = placed;
    const hasBonds = drawing.representation !== "spheres";
    const pairs = hasBonds ? this.bonds.between(placed, covalentRadii(scene)) : [];
    this.sketched = { placed, drawing, values, pairs, background: this.background };
    return true;
  }

  render(): void {
    if (this.sketched === null) this.viewer.render(); // which calls `viewChanged`
    else this.viewChanged();
  }

  resize(): void {
    this.viewer.resize();
  }

  /** Look at the whole structure; keep the direction if one is given. */
  reset({ scene, positions, cell }: Placed, rotation: Quaternion = START): void {
    const ball = boundingBall(positions, cell, cell === null ? beside(scene) : []);
    const [x, y, z] = ball.centre;
    const distance = fittingDistance(ball.radius, this.eye.aspect, this.isOrthographic);
    this.view = [-x, -y, -z, CAMERA_Z - distance, ...rotation];
  }

  /** Turn flat coloured surfaces to the lamp; say whether there are any. */
  lightFlat(): boolean {
    const [x, y, z, w] = this.rotation;
    return this.shapes.faceLight("slice", rotate([-x, -y, -z, w], LIGHT));
  }

  /** Take away what belongs to the atoms of the scene; arrows that stay in place remain. */
  hideLayers({ arrows }: Scene): void {
    this.shapes.clear("tensors");
    arrowNames.forEach((name, i) => {
      if (arrows[i]?.atoms != null) this.shapes.clear(name);
    });
  }

  dispose(): void {
    const context = this.pixels.getContext("webgl2") ?? this.pixels.getContext("webgl");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    this.element.remove();
  }

  /**
   * 3Dmol draws again whenever its place is measured or comes into sight, twice at each change of pages. We call
   * `resize`, and a picture that was drawn off screen and put into its canvas stays there.
   */
  private leaveWatchingToUs(): void {
    this.viewer.divwatcher?.disconnect();
    this.viewer.intwatcher?.disconnect();
  }

  private viewChanged(): void {
    if (this.sketched !== null) this.sketch.draw(this.eye, this.size, { ...this.sketched, background: this.background });
    this.onViewChange();
  }

  private build({ scene, count, images }: Placed): void {
    this.model = this.viewer.addModel();
    this.elements = scene.numbers;
    this.model.addAtoms(
      Array.from({ length: count * images.length }, (_, index) => ({
        elem: symbolOf(scene, index % count),
        index,
        serial: index,
        x: 0,
        y: 0,
        z: 0,
        bonds: [],
        bondOrder: [],
      })),
    );
    this.atoms = this.model.selectedAtoms({});
  }

  private connect(pairs: readonly (readonly [number, number])[]): void {
    for (const atom of this.atoms) {
      atom.bonds = [];
      atom.bondOrder = [];
    }
    for (const [i, j] of pairs) {
      this.atoms[i]!.bonds.push(j);
      this.atoms[i]!.bondOrder.push(1);
      this.atoms[j]!.bonds.push(i);
      this.atoms[j]!.bondOrder.push(1);
    }
  }

  private paint({ scene, count }: Placed, drawing: Drawing, values: Float32Array | null, radii: Float32Array): void {
    const bond = bondRadius(drawing.representation);
    const below = new Set(scene.tensors?.atoms);
    this.atoms.forEach((atom, k) => {
      const i = k % count;
      const colour = values === null ? {} : { color: toHex(diverging(values[i]!, scene.limit)) };
      const radius = below.has(i) ? HIDDEN_RADIUS : atomRadius(drawing.representation, radii[i]!);
      atom.style = { sphere: { radius, ...colour } };
      if (bond !== null) atom.style.stick = { radius: below.has(i) ? HIDDEN_RADIUS : bond, ...colour };
      atom.capDrawn = false;
    });
  }

  private drawLayers(placed: Placed, drawing: Drawing): void {
    const { scene } = placed;
    const radii = covalentRadii(scene).map((radius) => atomRadius(drawing.representation, radius));
    arrowNames.forEach((name, i) => {
      const arrows = scene.arrows[i];
      if (arrows === undefined || isOfWhole(arrows)) this.shapes.clear(name);
      else this.shapes.set(name, arrowMesh(placed, arrows, radii));
    });
    if (scene.tensors === null) this.shapes.clear("tensors");
    else this.shapes.set("tensors", tensorMesh(placed, scene.tensors));
    this.drawVolume(scene);
  }

  private drawVolume({ volume }: Scene): void {
    const key = volume === null ? "" : JSON.stringify({ ...volume, values: volume.values === null });
    if (key === this.grid) return;
    this.grid = key;
    const grid = volume === null ? null : gridOf(volume);
    for (const name of ["plus", "minus", "slice"]) this.shapes.clear(name);
    if (volume === null || grid === null) return;
    this.shapes.set("slice", sliceMesh(volume, grid), { side: FRONT });
    const { plus, minus } = this.surfacesOf(volume, grid);
    this.shapes.set("plus", plus, GLASS);
    this.shapes.set("minus", minus, GLASS);
    this.lightFlat();
  }

  /** The surfaces, computed once: pages come back to them, and moving the plane leaves them as they are. */
  private surfacesOf(volume: Volume, grid: Grid): Surfaces {
    const key = JSON.stringify({ ...volume, values: null, slice: null });
    const known = this.surfaces.get(key) ?? { plus: surfaceMesh(volume, grid, 1), minus: surfaceMesh(volume, grid, -1) };
    this.surfaces.delete(key);
    this.surfaces.set(key, known);
    for (const oldest of this.surfaces.keys()) if (this.surfaces.size > MOST_SURFACES) this.surfaces.delete(oldest);
    return known;
  }

  private drawCell(cell: Float32Array | null): void {
    const key = cell?.join() ?? "";
    if (key === this.drawnCell) return;
    this.drawnCell = key;
    if (this.cell !== null) this.viewer.removeShape(this.cell);
    this.cell = null;
    if (cell === null) return;
    this.cell = this.viewer.addShape({ color: EDGE_COLOUR });
    for (const [from, to] of cellEdges(cell))
      this.cell.addCylinder({ start: point(from), end: point(to), radius: EDGE_RADIUS, fromCap: "round", toCap: "round" });
  }

  /** 3Dmol caches its geometry: drop it, but keep the materials (compiling their shaders again takes 0.2 s). */
  private invalidate(): void {
    if (this.model === null) return;
    for (const child of this.model.renderedMolObj?.children ?? []) child.geometry?.dispose();
    this.model.molObj = null;
  }
}

const arrowNames = Array.from({ length: MOST_ARROWS }, (_, i) => `arrows${i}`);
/** Where the layers of an open system reach. */
const beside = ({ arrows, volume }: Scene): Vector[] => [...arrows.flatMap(allEndsOf), ...(volume === null ? [] : cornersOf(volume))];
const allEndsOf = (arrows: Arrows): Vector[] =>
  Array.from({ length: arrows.vectors.length / 3 }, (_, i) => endsOf(arrows, i)).flat();
const cornersOf = ({ cell, origin }: Volume): Vector[] =>
  cellEdges(Float32Array.from(cell)).flat().map((corner) => plus(corner, row(origin, 0)));
const point = ([x, y, z]: Vector) => ({ x, y, z });
